using Vektagraf.Storage;

namespace Vektagraf.TestKit.Process;

/// <summary>Says what kind of maintenance every change belongs to, before it is made. For one maintenance run at a time.</summary>
internal sealed class AnnouncingObjectStore(IObjectStore inner, Action<string> say) : IObjectStore
{
    private bool _publishing;

    /// <summary>What is under way besides collection.</summary>
    public string Work { get; set; } = "fold";

    public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        inner.GetAsync(key, range, ifNoneMatch, cancellationToken);

    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default)
    {
        bool isHead = key.EndsWith("/head", StringComparison.Ordinal);

        // The head changes after a manifest that it is to name, or else because collection moves the floor.
        say(isHead && !_publishing ? $"collect put {key}" : $"{Work} put {key}");
        _publishing = !isHead && (_publishing || key.Contains("/m/", StringComparison.Ordinal));
        return inner.PutAsync(key, content, condition, cancellationToken);
    }

    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        say($"collect delete {key}");
        return inner.DeleteAsync(key, cancellationToken);
    }
}
