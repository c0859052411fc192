using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>What the checked-in files hold; they were made after docs/formats/wal.md, not by the code under test.</summary>
internal static class GoldenEntry
{
    public static byte[] EntryBytes { get; } = Read("wal-entry-v1.bin");

    public static byte[] ObjectBytes { get; } = Read("object-v1.bin");

    public static WalEntry Entry { get; } = new()
    {
        Sequence = 7,
        Nonce = new UInt128(0xA0A1A2A3A4A5A6A7, 0xA8A9AAABACADAEAF),
        WrittenAtUnixMs = 1_893_456_000_000,
        Transactions =
        [
            new WalTransaction
            {
                Id = new UInt128(0x0011223344556677, 0x8899AABBCCDDEEFF),
                Outcome = TransactionOutcome.Committed,
                Operations =
                [
                    new WalOperation(WalOperationKind.Put, "čaj", ObjectBytes, Existed: false),
                    new WalOperation(WalOperationKind.Delete, "old", default, Existed: true),
                ],
            },
            new WalTransaction
            {
                Id = new UInt128(0x0123456789ABCDEF, 0x0123456789ABCDEF),
                IdempotencyHash = new UInt128(0xFEDCBA9876543210, 0x0F1E2D3C4B5A6978),
                RequestHash = 0x1122334455667788,
                Outcome = TransactionOutcome.PreconditionFailed,
                FailedOperation = 1,
                Operations = [],
            },
        ],
    };

    public static byte[] EntryAcrossShardsBytes { get; } = Read("wal-entry-v2.bin");

    public static WalEntry EntryAcrossShards { get; } = new()
    {
        Sequence = 9,
        Nonce = new UInt128(0xB0B1B2B3B4B5B6B7, 0xB8B9BABBBCBDBEBF),
        WrittenAtUnixMs = 1_893_456_000_000,
        Transactions =
        [
            new WalTransaction
            {
                Id = new UInt128(0x1111222233334444, 0x5555666677778888),
                IdempotencyHash = 0xAAAA,
                RequestHash = 0x99,
                Outcome = TransactionOutcome.Prepared,
                Operations =
                [
                    new WalOperation(WalOperationKind.Put, "čaj", ObjectBytes, Existed: false),
                    new WalOperation(WalOperationKind.Delete, "old", default, Existed: true),
                    new WalOperation(WalOperationKind.Check, "seen", default, Existed: true),
                ],
                Participants = [new TransactionParticipant(0, 0), new TransactionParticipant(2, 0)],
            },
            new WalTransaction { Id = 0x0123, Outcome = TransactionOutcome.Committed, Operations = [new WalOperation(WalOperationKind.Delete, "b", default, Existed: true)] },
            new WalTransaction
            {
                Id = 0x5555,
                IdempotencyHash = 0xBBBB,
                RequestHash = 0x77,
                Outcome = TransactionOutcome.Committed,
                Operations = [new WalOperation(WalOperationKind.Put, "čaj", ObjectBytes, Existed: true)],
                Participants = [new TransactionParticipant(0, 5), new TransactionParticipant(2, 8)],
            },
            new WalTransaction { Id = 0x6666, Outcome = TransactionOutcome.Aborted, Operations = [] },
        ],
    };

    private static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Log", "Golden", file));
}
