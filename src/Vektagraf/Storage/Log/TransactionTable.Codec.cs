using System.Buffers;
using System.Buffers.Binary;

namespace Vektagraf.Storage.Log;

/// <summary>Bytes of the table in a segment's block, as docs/formats/manifest.md draws them; the block's checksum covers them.</summary>
internal sealed partial class TransactionTable
{
    private const byte CodecVersion = 1;
    private const int RowBytes = 16 + 16 + 8 + 8 + 8 + 4 + 4;
    private const int OperationBytes = 8 + 4 + 1;

    // In the place of the operation that failed.
    private const int AbortedMark = -2;

    /// <summary>Encodes the table, oldest transaction first.</summary>
    /// <param name="sequence">Leaves out what was committed after this entry.</param>
    public byte[] Encode(ulong sequence)
    {
        var bytes = new ArrayBufferWriter<byte>(1 + (_byAge.Count * RowBytes));
        bytes.Write([CodecVersion]);
        foreach (var row in _byAge)
        {
            if (row.Receipt.Sequence <= sequence)
            {
                Write(bytes, row);
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Fills an empty table.</summary>
    /// <param name="bytes">What <see cref="Encode"/> made.</param>
    /// <param name="key">Where they were read from, for the error message.</param>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.Corrupt"/>.</exception>
    public void Load(ReadOnlySpan<byte> bytes, string key)
    {
        if (bytes.IsEmpty || bytes[0] != CodecVersion)
        {
            throw Corrupt(key);
        }

        bytes = bytes[1..];
        while (!bytes.IsEmpty)
        {
            bytes = bytes[Read(bytes, key)..];
        }
    }

    private static void Write(ArrayBufferWriter<byte> bytes, Row row)
    {
        var operations = row.Receipt.Operations;
        var size = RowBytes + (operations.Count * OperationBytes);
        var span = bytes.GetSpan(size);
        BinaryPrimitives.WriteUInt128LittleEndian(span, row.Id);
        BinaryPrimitives.WriteUInt128LittleEndian(span[16..], row.IdempotencyHash);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], row.RequestHash);
        BinaryPrimitives.WriteInt64LittleEndian(span[40..], row.WrittenAtUnixMs);
        BinaryPrimitives.WriteUInt64LittleEndian(span[48..], row.Receipt.Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(span[56..], row.Receipt.Outcome == TransactionOutcome.Aborted ? AbortedMark : row.Receipt.FailedOperation);
        BinaryPrimitives.WriteInt32LittleEndian(span[60..], operations.Count);
        for (var i = 0; i < operations.Count; i++)
        {
            var operation = span[(RowBytes + (i * OperationBytes))..];
            BinaryPrimitives.WriteUInt64LittleEndian(operation, operations[i].Version.Sequence);
            BinaryPrimitives.WriteInt32LittleEndian(operation[8..], operations[i].Version.Ordinal);
            operation[12] = operations[i].Existed ? (byte)1 : (byte)0;
        }

        bytes.Advance(size);
    }

    private int Read(ReadOnlySpan<byte> bytes, string key)
    {
        if (bytes.Length < RowBytes)
        {
            throw Corrupt(key);
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[60..]);
        if (count < 0 || count > (bytes.Length - RowBytes) / OperationBytes)
        {
            throw Corrupt(key);
        }

        var operations = new OperationReceipt[count];
        for (var i = 0; i < count; i++)
        {
            var operation = bytes[(RowBytes + (i * OperationBytes))..];
            var version = new ObjectVersion(BinaryPrimitives.ReadUInt64LittleEndian(operation), BinaryPrimitives.ReadInt32LittleEndian(operation[8..]));
            operations[i] = new OperationReceipt(version, operation[12] != 0);
        }

        Add(new Row(
            BinaryPrimitives.ReadUInt128LittleEndian(bytes),
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            ReceiptOf(BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[56..]), operations)));
        return RowBytes + (count * OperationBytes);
    }

    private static CommitReceipt ReceiptOf(ulong sequence, int failedOperation, OperationReceipt[] operations) => failedOperation switch
    {
        AbortedMark => new CommitReceipt(sequence, TransactionOutcome.Aborted, FailedOperation: -1, operations),
        -1 => new CommitReceipt(sequence, TransactionOutcome.Committed, FailedOperation: -1, operations),
        _ => new CommitReceipt(sequence, TransactionOutcome.PreconditionFailed, failedOperation, operations),
    };

    private static VektagrafException Corrupt(string key) =>
        new(ErrorKind.Corrupt, "corrupt-transaction-table", $"The transaction table in '{key}' is damaged. Restore this object from a backup.");
}
