using System.Globalization;

namespace Vektagraf.Api.Http;

/// <summary>
/// Memory for request bodies: each is bounded, but a hundred of the largest at once would still end the process. Thread-safe.
/// </summary>
/// <param name="capacity">Bytes that all requests in progress may hold together.</param>
internal sealed class BodyBudget(long capacity)
{
    // Bodies stand in memory twice for a moment, as they came and in one piece, and what they become needs room, too.
    private const long ShareOfMemory = 8;

    private long _held;

    /// <summary>The budget of this process; never so small that the largest bodies could not be read one at a time.</summary>
    public static BodyBudget OfProcess { get; } = new(Math.Max(2L * Limits.MaxBodyBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory));

    /// <summary>Opens an account for one body.</summary>
    public Lease Open() => new(this);

    private void Take(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) > capacity)
        {
            Interlocked.Add(ref _held, -bytes);
            throw new VektagrafException(
                ErrorKind.Busy,
                "body-budget-exceeded",
                string.Create(CultureInfo.InvariantCulture, $"The bodies of the requests in progress take {capacity:N0} bytes together. Try again, send less at once, or use objects:import."));
        }
    }

    /// <summary>What one body takes of the budget, given back when disposed.</summary>
    public sealed class Lease(BodyBudget budget) : IDisposable
    {
        private long _taken;

        /// <summary>Makes sure of so many bytes in all.</summary>
        /// <exception cref="VektagrafException"><see cref="ErrorKind.Busy"/>.</exception>
        public void Ensure(long bytes)
        {
            if (bytes > _taken)
            {
                budget.Take(bytes - _taken);
                _taken = bytes;
            }
        }

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Add(ref budget._held, -Interlocked.Exchange(ref _taken, 0));
    }
}
