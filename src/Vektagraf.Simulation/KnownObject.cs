namespace Vektagraf.Simulation;

/// <summary>
/// What one object may hold, as its only writer knows: what was acknowledged, or what a write of unknown outcome makes of it. Any of
/// those may show up; then none before it can. Null stands for no object.
/// </summary>
internal sealed class KnownObject(string id)
{
    public string? Settled { get; private set; }

    public List<string?> Pending { get; } = [];

    /// <summary>A write was acknowledged: its entry stands after, or instead of, those of unknown outcome.</summary>
    public void Settle(string? text)
    {
        Settled = text;
        Pending.Clear();
    }

    /// <summary>A strong read found the object.</summary>
    public void Observe(string? text)
    {
        if (string.Equals(text, Settled, StringComparison.Ordinal))
        {
            return;
        }

        var index = Pending.LastIndexOf(text);
        ProtocolViolationException.ThrowIf(index < 0, EnginePromise.AcknowledgedWrites, Expectation(), $"{text ?? "nothing"} in '{id}'");
        Settled = text;
        Pending.RemoveRange(0, index + 1);
    }

    /// <summary>A refusal said whether the object exists.</summary>
    public void Observe(bool isAbsent) => ProtocolViolationException.ThrowIf(
        Settled is null != isAbsent && !Pending.Exists(p => p is null == isAbsent),
        EnginePromise.AcknowledgedWrites,
        Expectation(),
        $"a refusal which says that '{id}' {(isAbsent ? "is gone" : "exists")}");

    private string Expectation() =>
        $"what was acknowledged, {Settled ?? "nothing"}" + (Pending.Count == 0 ? string.Empty : $", or possibly one of [{string.Join(" | ", Pending.Select(p => p ?? "nothing"))}]");
}
