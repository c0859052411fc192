using System.Globalization;
using Vektagraf.Storage.Log;

namespace Vektagraf.Tests.Log;

/// <summary>A WAL entry as text, to compare two.</summary>
internal static class WalText
{
    public static string Of(WalEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.Sequence} nonce {entry.Nonce:x32} at {entry.WrittenAtUnixMs}\n{string.Join('\n', entry.Transactions.Select(Of))}");

    private static string Of(WalTransaction t) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {t.Id:x32} key {t.IdempotencyHash:x32} request {t.RequestHash:x16} {t.Outcome} {t.FailedOperation} [{string.Join(' ', t.Participants)}]{string.Concat(t.Operations.Select(Of))}");

    private static string Of(WalOperation o) => $"\n    {o.Kind} {(o.Existed ? "over" : "new")} '{o.Id}' {Convert.ToHexStringLower(o.Payload.Span)}";
}
