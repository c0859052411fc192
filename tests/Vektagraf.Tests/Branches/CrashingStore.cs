using Vektagraf.Storage;

namespace Vektagraf.Tests.Branches;

/// <summary>What happens to the change that a run is struck at.</summary>
public enum Strike
{
    /// <summary>Its process ends before it.</summary>
    CrashBefore,

    /// <summary>Its process ends right after it.</summary>
    CrashAfter,

    /// <summary>It does not arrive; the process lives on.</summary>
    LostRequest,

    /// <summary>It is carried out, and nobody hears of it; the process lives on.</summary>
    LostReply,

    /// <summary>It is carried out once the process has given it up.</summary>
    Late,
}

/// <summary>A store of one process that is struck at one of its puts and deletes.</summary>
internal sealed class CrashingStore(IObjectStore inner) : IObjectStore
{
    private int _changes;
    private bool _isDead;
    private int _at = int.MaxValue;
    private Strike _strike;
    private Func<Task>? _late;

    /// <summary>Whether the strike happened.</summary>
    public bool WasStruck { get; private set; }

    /// <summary>From now on, counting begins.</summary>
    public void StrikeAt(int change, Strike strike) => (_changes, _at, _strike) = (0, change, strike);

    public async Task DeliverAsync()
    {
        if (_late is not null)
        {
            await _late();
        }
    }

    public Task<GetResult> GetAsync(string key, ByteRange? range = null, string? ifNoneMatch = null, CancellationToken cancellationToken = default) =>
        _isDead ? throw Failure() : inner.GetAsync(key, range, ifNoneMatch, cancellationToken);

    public Task<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken = default) =>
        ChangeAsync(() => inner.PutAsync(key, content, condition, CancellationToken.None));

    public Task<ListPage> ListAsync(string prefix, string? continuation = null, int pageSize = 1_000, CancellationToken cancellationToken = default) =>
        _isDead ? throw Failure() : inner.ListAsync(prefix, continuation, pageSize, cancellationToken);

    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => ChangeAsync(() => inner.DeleteAsync(key, CancellationToken.None));

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change)
    {
        if (_isDead)
        {
            throw Failure();
        }

        if (_changes++ != _at)
        {
            return await change();
        }

        WasStruck = true;
        _isDead = _strike is Strike.CrashBefore or Strike.CrashAfter;
        if (_strike is Strike.CrashAfter or Strike.LostReply)
        {
            await change();
        }
        else if (_strike == Strike.Late)
        {
            _late = change;
        }

        throw Failure();
    }

    private static ObjectStoreException Failure() => new("No answer.", isTransient: true);
}
