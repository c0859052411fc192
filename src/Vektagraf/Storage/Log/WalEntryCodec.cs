using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Vektagraf.Storage.Log;

/// <summary>
/// Bytes of a WAL entry, as docs/formats/wal.md draws them: a fixed header, the transactions, a CRC-32C over all of it.
/// All integers are little-endian.
/// </summary>
public static class WalEntryCodec
{
    /// <summary>Largest entry: one PUT of this size still takes well under a second on blob storage, and a reader buffers it whole.</summary>
    public const int MaxEntryBytes = 4 * 1024 * 1024;

    /// <summary>The newest format version this code writes; it reads all versions up to it.</summary>
    public const ushort Version = 2;

    /// <summary>Bytes of an entry besides its transactions: header and checksum.</summary>
    public const int EntryOverhead = HeaderBytes + ChecksumBytes;

    /// <summary>Bytes of a transaction besides its operations.</summary>
    public const int TransactionOverhead = 16 + 16 + 8 + 4 + 4 + 4;

    /// <summary>Bytes that count the participants of a transaction, in entries of version 2.</summary>
    public const int ParticipantCountBytes = 4;

    /// <summary>Bytes of a participant of a transaction across shards.</summary>
    public const int ParticipantBytes = 4 + 8;

    /// <summary>Bytes of an operation besides its id and payload.</summary>
    public const int OperationOverhead = 1 + 1 + 2 + 4;

    private const int HeaderBytes = 48;
    private const int ChecksumBytes = 4;
    private const byte ExistedFlag = 1;

    // Entries without transactions across shards stay readable for builds that know nothing of those.
    private const ushort FirstVersion = 1;

    private static ReadOnlySpan<byte> Magic => "VKWL"u8;

    /// <summary>Encodes an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>Its bytes.</returns>
    public static byte[] Encode(WalEntry entry)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        var version = entry.Transactions.Any(NeedsParticipants) ? Version : FirstVersion;
        foreach (var transaction in entry.Transactions)
        {
            WriteTransaction(body, transaction, version);
        }

        var bytes = new byte[HeaderBytes + body.WrittenCount + ChecksumBytes];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], version);
        BinaryPrimitives.WriteUInt64LittleEndian(span[8..], entry.Sequence);
        BinaryPrimitives.WriteUInt128LittleEndian(span[16..], entry.Nonce);
        BinaryPrimitives.WriteInt64LittleEndian(span[32..], entry.WrittenAtUnixMs);
        BinaryPrimitives.WriteInt32LittleEndian(span[40..], entry.Transactions.Count);
        BinaryPrimitives.WriteInt32LittleEndian(span[44..], body.WrittenCount);
        body.WrittenSpan.CopyTo(span[HeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[^ChecksumBytes..], Crc32C.Compute(span[..^ChecksumBytes]));
        return bytes;
    }

    /// <summary>Decodes and verifies an entry.</summary>
    /// <param name="bytes">The bytes; payloads of the result refer to them.</param>
    /// <param name="expectedSequence">The slot they were read from.</param>
    /// <param name="key">The object's key, for the error message.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>: torn, damaged, misplaced, or of a newer version.</exception>
    public static WalEntry Decode(ReadOnlyMemory<byte> bytes, ulong expectedSequence, string key)
    {
        var span = bytes.Span;
        Check(span.Length >= EntryOverhead, key, "it is shorter than its header");
        Check(span[..4].SequenceEqual(Magic), key, "it does not start with the WAL magic");
        var version = BinaryPrimitives.ReadUInt16LittleEndian(span[4..]);
        CheckVersion(version, key);
        Check(BinaryPrimitives.ReadUInt32LittleEndian(span[^ChecksumBytes..]) == Crc32C.Compute(span[..^ChecksumBytes]), key, "its checksum does not match");
        var sequence = BinaryPrimitives.ReadUInt64LittleEndian(span[8..]);
        Check(sequence == expectedSequence, key, $"it says it is entry {sequence}");
        Check(BinaryPrimitives.ReadInt32LittleEndian(span[44..]) == span.Length - EntryOverhead, key, "its length does not match its header");

        var reader = new Reader(bytes[HeaderBytes..^ChecksumBytes], key);
        var count = BinaryPrimitives.ReadInt32LittleEndian(span[40..]);
        Check(count >= 0 && count <= (span.Length - EntryOverhead) / TransactionOverhead, key, "its transaction count does not fit its length");
        var transactions = new WalTransaction[count];
        for (var i = 0; i < count; i++)
        {
            transactions[i] = ReadTransaction(ref reader, version);
        }

        Check(reader.AtEnd, key, "bytes follow its last transaction");
        return new WalEntry
        {
            Sequence = sequence,
            Nonce = BinaryPrimitives.ReadUInt128LittleEndian(span[16..]),
            WrittenAtUnixMs = BinaryPrimitives.ReadInt64LittleEndian(span[32..]),
            Transactions = transactions,
        };
    }

    private static bool NeedsParticipants(WalTransaction transaction) =>
        transaction.Participants.Count > 0 || transaction.Outcome is TransactionOutcome.Prepared or TransactionOutcome.Aborted;

    private static void WriteTransaction(ArrayBufferWriter<byte> body, WalTransaction transaction, ushort version)
    {
        var span = body.GetSpan(TransactionOverhead);
        BinaryPrimitives.WriteUInt128LittleEndian(span, transaction.Id);
        BinaryPrimitives.WriteUInt128LittleEndian(span[16..], transaction.IdempotencyHash);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], transaction.RequestHash);
        BinaryPrimitives.WriteUInt32LittleEndian(span[40..], (uint)transaction.Outcome);
        BinaryPrimitives.WriteInt32LittleEndian(span[44..], transaction.FailedOperation);
        BinaryPrimitives.WriteInt32LittleEndian(span[48..], transaction.Operations.Count);
        body.Advance(TransactionOverhead);
        if (version > FirstVersion)
        {
            WriteParticipants(body, transaction.Participants);
        }

        foreach (var operation in transaction.Operations)
        {
            WriteOperation(body, operation);
        }
    }

    private static void WriteParticipants(ArrayBufferWriter<byte> body, IReadOnlyList<TransactionParticipant> participants)
    {
        var size = ParticipantCountBytes + (participants.Count * ParticipantBytes);
        var span = body.GetSpan(size);
        BinaryPrimitives.WriteInt32LittleEndian(span, participants.Count);
        for (var i = 0; i < participants.Count; i++)
        {
            var participant = span[(ParticipantCountBytes + (i * ParticipantBytes))..];
            BinaryPrimitives.WriteInt32LittleEndian(participant, participants[i].Shard);
            BinaryPrimitives.WriteUInt64LittleEndian(participant[4..], participants[i].Prepared);
        }

        body.Advance(size);
    }

    private static void WriteOperation(ArrayBufferWriter<byte> body, in WalOperation operation)
    {
        var idLength = Encoding.UTF8.GetByteCount(operation.Id);
        var span = body.GetSpan(OperationOverhead + idLength + operation.Payload.Length);
        span[0] = (byte)operation.Kind;
        span[1] = operation.Existed ? ExistedFlag : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(span[2..], (ushort)idLength);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], operation.Payload.Length);
        Encoding.UTF8.GetBytes(operation.Id, span[OperationOverhead..]);
        operation.Payload.Span.CopyTo(span[(OperationOverhead + idLength)..]);
        body.Advance(OperationOverhead + idLength + operation.Payload.Length);
    }

    private static WalTransaction ReadTransaction(ref Reader reader, ushort version)
    {
        var span = reader.Take(TransactionOverhead).Span;
        var outcome = (TransactionOutcome)BinaryPrimitives.ReadUInt32LittleEndian(span[40..]);
        var newest = version > FirstVersion ? TransactionOutcome.Aborted : TransactionOutcome.PreconditionFailed;
        Check(outcome >= TransactionOutcome.Committed && outcome <= newest, reader.Key, "a transaction has an unknown outcome");
        var count = BinaryPrimitives.ReadInt32LittleEndian(span[48..]);
        Check(count >= 0 && count <= reader.Remaining / OperationOverhead, reader.Key, "an operation count does not fit the entry's length");
        var failedOperation = BinaryPrimitives.ReadInt32LittleEndian(span[44..]);
        var participants = version > FirstVersion ? ReadParticipants(ref reader) : [];
        var isConsistent = outcome switch
        {
            TransactionOutcome.Committed => failedOperation == -1,
            TransactionOutcome.Prepared => failedOperation == -1 && count > 0 && participants.Length > 1,
            TransactionOutcome.Aborted => failedOperation == -1 && count == 0,
            _ => failedOperation >= 0 && count == 0,
        };
        Check(isConsistent, reader.Key, "the outcome of a transaction contradicts its operations");
        var operations = new WalOperation[count];
        for (var i = 0; i < count; i++)
        {
            operations[i] = ReadOperation(ref reader);
            Check(operations[i].Kind != WalOperationKind.Check || outcome == TransactionOutcome.Prepared, reader.Key, "a committed operation changes nothing");
        }

        return new WalTransaction
        {
            Id = BinaryPrimitives.ReadUInt128LittleEndian(span),
            IdempotencyHash = BinaryPrimitives.ReadUInt128LittleEndian(span[16..]),
            RequestHash = BinaryPrimitives.ReadUInt64LittleEndian(span[32..]),
            Outcome = outcome,
            FailedOperation = failedOperation,
            Operations = operations,
            Participants = participants,
        };
    }

    private static TransactionParticipant[] ReadParticipants(ref Reader reader)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(reader.Take(ParticipantCountBytes).Span);
        Check(count >= 0 && count <= reader.Remaining / ParticipantBytes, reader.Key, "a participant count does not fit the entry's length");
        var participants = new TransactionParticipant[count];
        for (var i = 0; i < count; i++)
        {
            var span = reader.Take(ParticipantBytes).Span;
            participants[i] = new TransactionParticipant(BinaryPrimitives.ReadInt32LittleEndian(span), BinaryPrimitives.ReadUInt64LittleEndian(span[4..]));
        }

        return participants;
    }

    private static WalOperation ReadOperation(ref Reader reader)
    {
        var span = reader.Take(OperationOverhead).Span;
        var kind = (WalOperationKind)span[0];
        Check(kind is WalOperationKind.Put or WalOperationKind.Delete or WalOperationKind.Check, reader.Key, "an operation has an unknown kind");
        var existed = (span[1] & ExistedFlag) != 0;
        var idLength = BinaryPrimitives.ReadUInt16LittleEndian(span[2..]);
        var payloadLength = BinaryPrimitives.ReadInt32LittleEndian(span[4..]);
        var id = Encoding.UTF8.GetString(reader.Take(idLength).Span);
        return new WalOperation(kind, id, reader.Take(payloadLength), existed);
    }

    // Before the checksum: where a newer version keeps its checksum is not known here.
    private static void CheckVersion(ushort version, string key)
    {
        Check(version >= 1, key, "it has format version 0");
        if (version > Version)
        {
            throw new VektagrafException(
                ErrorKind.Corrupt,
                "newer-wal-format",
                $"WAL entry '{key}' has format version {version}; this build reads up to {Version}. Open it with the build that wrote it; it was not served.");
        }
    }

    private static void Check(bool holds, string key, string problem)
    {
        if (!holds)
        {
            throw new VektagrafException(ErrorKind.Corrupt, "corrupt-wal-entry", $"WAL entry '{key}' is damaged: {problem}. Restore this object from a backup; it was not served.");
        }
    }

    private ref struct Reader(ReadOnlyMemory<byte> bytes, string key)
    {
        private ReadOnlyMemory<byte> _rest = bytes;

        public string Key { get; } = key;

        public readonly bool AtEnd => _rest.IsEmpty;

        public readonly int Remaining => _rest.Length;

        public ReadOnlyMemory<byte> Take(int count)
        {
            Check(count >= 0 && count <= _rest.Length, Key, "a length points past its end");
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
