using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Vektagraf.Storage;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

public class WalEntryCodecTests
{
    private const string Key = "c/things.0/s/0/wal/00000000000000000007";

    private static readonly Gen<string> Ids = Gen.OneOf(Gen.Char.AlphaNumeric.Array[1, 40].Select(c => new string(c)), Gen.Const("žluťoučký 🐎"), Gen.Const(new string('x', 512)));

    private static readonly Gen<WalTransaction> Transactions = Gen.OneOf(
        Gen.Select(
            Gen.ULong.Select(Gen.ULong), Gen.ULong, Gen.ULong,
            Gen.Select(Gen.Bool, Gen.Bool, Ids, Gen.Byte.Array[0, 100]).Array[0, 5],
            (id, key, request, operations) => new WalTransaction
            {
                Id = new UInt128(id.Item1, id.Item2),
                IdempotencyHash = new UInt128(0, key),
                RequestHash = request,
                Outcome = TransactionOutcome.Committed,
                Operations = [.. operations.Select(o => o.Item1
                    ? new WalOperation(WalOperationKind.Put, o.Item3, o.Item4, o.Item2)
                    : new WalOperation(WalOperationKind.Delete, o.Item3, default, o.Item2))],
            }),
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 9_999], (id, key, failed) => new WalTransaction
        {
            Id = id,
            IdempotencyHash = key,
            Outcome = TransactionOutcome.PreconditionFailed,
            FailedOperation = failed,
            Operations = [],
        }));

    private static readonly Gen<WalTransaction> TransactionsAcrossShards = Gen.Select(
        Gen.ULong, Gen.ULong, Gen.Int[1, 4], Gen.Select(Gen.Int[1, 3], Gen.Bool, Ids, Gen.Byte.Array[0, 100]).Array[1, 5], Gen.Select(Gen.Int[0, 63], Gen.ULong).Array[2, 5],
        (id, key, outcome, operations, participants) => (TransactionOutcome)outcome switch
        {
            TransactionOutcome.Committed => Across(id, key, TransactionOutcome.Committed, [.. operations.Where(o => o.Item1 < 3).Select(Operation)], participants),
            TransactionOutcome.Prepared => Across(id, key, TransactionOutcome.Prepared, [.. operations.Select(Operation)], participants),
            _ => Across(id, key, TransactionOutcome.Aborted, [], []),
        });

    private static readonly Gen<WalEntry> EntriesAcrossShards = Gen.Select(
        Gen.ULong[1, ulong.MaxValue], TransactionsAcrossShards, Transactions.Array[0, 3], TransactionsAcrossShards.Array[0, 3],
        (sequence, first, within, across) => new WalEntry { Sequence = sequence, Nonce = 5, WrittenAtUnixMs = 9, Transactions = [first, .. within, .. across] });

    private static WalOperation Operation((int Kind, bool Existed, string Id, byte[] Payload) o) =>
        new((WalOperationKind)o.Kind, o.Id, o.Kind == 1 ? o.Payload : default(ReadOnlyMemory<byte>), o.Existed);

    private static WalTransaction Across(ulong id, ulong key, TransactionOutcome outcome, WalOperation[] operations, (int, ulong)[] participants) => new()
    {
        Id = id,
        IdempotencyHash = key,
        RequestHash = id,
        Outcome = outcome,
        Operations = operations,
        Participants = [.. participants.Select(p => new TransactionParticipant(p.Item1, p.Item2))],
    };

    private static readonly Gen<WalEntry> Entries = Gen.Select(Gen.ULong[1, ulong.MaxValue], Gen.ULong, Gen.Long, Transactions.Array[0, 5], (sequence, nonce, time, transactions) =>
        new WalEntry { Sequence = sequence, Nonce = nonce, WrittenAtUnixMs = time, Transactions = transactions });

    [Fact]
    public void Decode_OfWhatWasEncoded_GivesTheSameEntry() => Entries.Sample(entry =>
    {
        var bytes = WalEntryCodec.Encode(entry);
        var decoded = WalEntryCodec.Decode(bytes, entry.Sequence, Key);
        Assert.Equal(WalText.Of(entry), WalText.Of(decoded));
        Assert.Equal(bytes, WalEntryCodec.Encode(decoded));
        var size = entry.Transactions.Sum(t => WalEntryCodec.TransactionOverhead
            + t.Operations.Sum(o => WalEntryCodec.OperationOverhead + Encoding.UTF8.GetByteCount(o.Id) + o.Payload.Length));
        Assert.Equal(WalEntryCodec.EntryOverhead + size, bytes.Length);
    });

    [Fact]
    public void Decode_OfTransactionsAcrossShards_GivesTheSameEntry() => EntriesAcrossShards.Sample(entry =>
    {
        var bytes = WalEntryCodec.Encode(entry);
        Assert.Equal(2, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4)));
        var decoded = WalEntryCodec.Decode(bytes, entry.Sequence, Key);
        Assert.Equal(WalText.Of(entry), WalText.Of(decoded));
        Assert.Equal(bytes, WalEntryCodec.Encode(decoded));
    });

    [Fact]
    public void Decode_OfAnyBytes_IsCorruptOrAnEntry() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        // Also with a checksum that fits: what the checksum cannot catch, the invariants must.
        if (bytes.Length >= WalEntryCodec.EntryOverhead)
        {
            "VKWL"u8.CopyTo(bytes);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), 1);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), 7);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), bytes[40] % 3);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(44), bytes.Length - WalEntryCodec.EntryOverhead);
            Seal(bytes);
        }

        AssertCorruptUnlessDecoded(bytes);
    });

    [Fact]
    public void Decode_WhenAnyByteOfTheBodyChangesUnderAFittingChecksum_IsCorruptOrAnEntry()
    {
        var bytes = WalEntryCodec.Encode(GoldenEntry.Entry);
        for (var i = 8; i < bytes.Length - 4; i++)
        {
            foreach (var change in (byte[])[1, 0x80, 0xFF])
            {
                var changed = bytes.ToArray();
                changed[i] ^= change;
                Seal(changed);
                AssertCorruptUnlessDecoded(changed);
            }
        }
    }

    [Fact]
    public void Decode_WhenTheTailIsTorn_IsCorrupt()
    {
        var bytes = WalEntryCodec.Encode(GoldenEntry.Entry);
        for (var length = 0; length < bytes.Length; length++)
        {
            AssertCorrupt(bytes.AsMemory(0, length));
        }

        AssertCorrupt((byte[])[.. bytes, 0]);
    }

    [Fact]
    public void Decode_WhenAnyBitFlips_IsCorrupt()
    {
        var bytes = WalEntryCodec.Encode(GoldenEntry.Entry);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertCorrupt(flipped);
        }
    }

    [Fact]
    public void Decode_WhenReadFromAnotherSlot_IsCorrupt()
    {
        var e = Assert.Throws<VektagrafException>(() => WalEntryCodec.Decode(WalEntryCodec.Encode(GoldenEntry.Entry), 8, Key));
        Assert.Equal((ErrorKind.Corrupt, "corrupt-wal-entry"), (e.Kind, e.Slug));
        Assert.Contains("entry 7", e.Message, StringComparison.Ordinal);
        Assert.Contains(Key, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "newer-wal-format")]
    [InlineData(ushort.MaxValue, "newer-wal-format")]
    [InlineData(0, "corrupt-wal-entry")]
    public void Decode_WhenTheVersionIsUnknown_NamesIt(ushort version, string slug)
    {
        var bytes = WalEntryCodec.Encode(GoldenEntry.Entry);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), version);
        Seal(bytes);
        var e = Assert.Throws<VektagrafException>(() => WalEntryCodec.Decode(bytes, 7, Key));
        Assert.Equal((ErrorKind.Corrupt, slug), (e.Kind, e.Slug));
        Assert.Contains($"version {version}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TransactionOutcome.Committed, 0)]
    [InlineData(TransactionOutcome.PreconditionFailed, -1)]
    [InlineData((TransactionOutcome)5, -1)]
    [InlineData(TransactionOutcome.Prepared, -1)]
    [InlineData(TransactionOutcome.Aborted, 0)]
    public void Decode_WhenAnOutcomeContradictsItself_IsCorrupt(TransactionOutcome outcome, int failedOperation) => AssertCorrupt(WalEntryCodec.Encode(new WalEntry
    {
        Sequence = 7,
        Nonce = 1,
        WrittenAtUnixMs = 0,
        Transactions = [new WalTransaction { Id = 1, Outcome = outcome, FailedOperation = failedOperation, Operations = [] }],
    }));

    private static void Seal(byte[] bytes) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)));

    private static void AssertCorrupt(ReadOnlyMemory<byte> bytes) =>
        Assert.Equal(ErrorKind.Corrupt, Assert.Throws<VektagrafException>(() => WalEntryCodec.Decode(bytes, 7, Key)).Kind);

    private static void AssertCorruptUnlessDecoded(byte[] bytes)
    {
        try
        {
            Assert.NotNull(WalEntryCodec.Decode(bytes, 7, Key));
        }
        catch (VektagrafException e)
        {
            Assert.Equal(ErrorKind.Corrupt, e.Kind);
        }
    }
}
