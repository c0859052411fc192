using Vektagraf.Collections;
using Vektagraf.Index;
using Vektagraf.Querying.Planning;
using Vektagraf.Tuning;

namespace Vektagraf.Shards;

/// <content>The index over the vectors. Whoever changes its structure holds a lock; searches and appends do not.</content>
internal sealed partial class VectorColumn
{
    // Below, a scan of what is pending takes no longer than a walk.
    private const int WorthwhilePending = 256;

    private const double MostMeasuredRecall = 0.999;

    private const string HnswPrefix = "hnsw/";
    private const string IvfPrefix = "ivf/";

    private readonly Lock _structure = new();
    private IVectorIndex _index;
    private CalibrationCurve? _calibration;
    private int _nextChoice = 1024;

    /// <summary>What finds vectors: the vectors themselves, or an index over them.</summary>
    public IVectorIndex Index => Volatile.Read(ref _index);

    /// <summary>What the index was measured to give; null where it was not.</summary>
    public CalibrationCurve? Calibration => Volatile.Read(ref _calibration);

    /// <summary>Whether taking vectors into the index is worthwhile.</summary>
    public bool NeedsIndexing => Index is IPendingIndex index ? Vectors.Count - index.IndexedCount >= WorthwhilePending : Vectors.Count >= Volatile.Read(ref _nextChoice);

    /// <summary>Takes vectors into the index; makes it once there are enough of them, and measures it as it grows.</summary>
    /// <param name="most">The most vectors to take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends a measurement.</param>
    /// <returns>Whether vectors are left to be taken.</returns>
    public bool Advance(int most, TimeProvider time, CancellationToken cancellationToken)
    {
        lock (_structure)
        {
            if ((_index as IPendingIndex ?? Choose()) is not { } index)
            {
                return false;
            }

            if (_calibration is null || index.IndexedCount >= 2L * _calibration.Vectors)
            {
                Calibrate(index, time, cancellationToken);
            }

            index.IndexPending(most);
            return index.IndexedCount < Vectors.Count;
        }
    }

    /// <summary>Takes up an index that was stored, over vectors placed as it numbers them.</summary>
    /// <param name="stored">The index.</param>
    /// <exception cref="InvalidDataException">It is not of these vectors.</exception>
    public void Attach(StoredIndex stored)
    {
        lock (_structure)
        {
            Volatile.Write(ref _index, stored.Kind.StartsWith(IvfPrefix, StringComparison.Ordinal)
                ? IvfIndex.Load(stored.Structure.Span, Vectors)
                : HnswIndex.Load(stored.Structure.Span, Vectors));
            Volatile.Write(ref _calibration, stored.Calibration);
            Vectors.Settle();
        }
    }

    /// <summary>The index as it is to be stored.</summary>
    /// <param name="versionOf">The version that a row holds; a default value for what is no longer, or not yet, to be found.</param>
    /// <returns>Null where there is nothing but the vectors.</returns>
    public StoredIndex? Capture(Func<int, Storage.Log.ObjectVersion> versionOf)
    {
        lock (_structure)
        {
            if (_index is not IPendingIndex index || index.IndexedCount == 0)
            {
                return null;
            }

            var versions = new Storage.Log.ObjectVersion[index.IndexedCount];
            var dead = 0;
            for (var ordinal = 0; ordinal < versions.Length; ordinal++)
            {
                versions[ordinal] = RowOf(ordinal) is var row && row >= 0 ? versionOf(row) : default;
                dead += versions[ordinal] == default ? 1 : 0;
            }

            // With so many dead that it would be stored again at once, without them.
            return StoredIndex.IsFresh(versions.Length, versions.Length - dead)
                ? new StoredIndex(KindOf(index), versions, index.SerializeStructure(), _calibration)
                : Rebuild(index, versions);
        }
    }

    /// <summary>Whether a stored index is of the kind that this field is to have.</summary>
    /// <param name="stored">What the manifest says of it.</param>
    public bool Takes(Storage.ManifestIndex stored) =>
        PlanFor(stored.Vectors) is { Kind: not VectorIndexKind.Flat } plan
        && string.Equals(stored.Kind, (plan.Kind == VectorIndexKind.Ivf ? IvfPrefix : HnswPrefix) + NameOf(plan.Quantization), StringComparison.Ordinal);

    /// <summary>How an index is called where it is stored, so that one of another kind than is wanted is not even read.</summary>
    private static string KindOf(IPendingIndex index) => index switch
    {
        HnswIndex graph => HnswPrefix + NameOf(graph.Options.Quantization),
        IvfIndex lists => IvfPrefix + NameOf(lists.Options.Quantization),
        _ => throw new ArgumentException("An index of unknown kind.", nameof(index)),
    };

    private static string NameOf(VectorQuantization quantization) => quantization.ToString().ToLowerInvariant();

    /// <summary>An index of what lives alone.</summary>
    private StoredIndex Rebuild(IPendingIndex index, Storage.Log.ObjectVersion[] versions)
    {
        var live = new FlatIndex(Vectors.Dimensions, Vectors.Metric);
        for (var ordinal = 0; ordinal < versions.Length; ordinal++)
        {
            if (versions[ordinal] != default)
            {
                live.Append(Vectors.RowAt(ordinal));
            }
        }

        var rebuilt = index is IvfIndex lists ? (IPendingIndex)new IvfIndex(live, lists.Options) : new HnswIndex(live, ((HnswIndex)index).Options);
        rebuilt.IndexPending(int.MaxValue);
        return new StoredIndex(KindOf(rebuilt), Array.FindAll(versions, v => v != default), rebuilt.SerializeStructure(), _calibration);
    }

    /// <summary>Measures the index anew.</summary>
    /// <returns>Whether there is a new curve.</returns>
    public bool Recalibrate(TimeProvider time, CancellationToken cancellationToken)
    {
        lock (_structure)
        {
            if (_index is not IPendingIndex index || IndexCalibrator.MeasureAgain(index, Vectors, ordinal => !MayBeDead(ordinal), _objective.K, time, cancellationToken) is not { } curve)
            {
                return false;
            }

            Volatile.Write(ref _calibration, curve);
            return true;
        }
    }

    private IPendingIndex? Choose()
    {
        var plan = PlanFor(Vectors.Count);
        if (plan.Kind == VectorIndexKind.Flat)
        {
            Volatile.Write(ref _nextChoice, Math.Max(_nextChoice, (int)Math.Min(int.MaxValue, 2L * Vectors.Count)));
            return null;
        }

        IPendingIndex index = plan.Kind == VectorIndexKind.Ivf
            ? new IvfIndex(Vectors, new IvfOptions { Quantization = plan.Quantization, Recall = Math.Min(_objective.Recall, MostMeasuredRecall) })
            : new HnswIndex(Vectors, new HnswOptions { M = plan.M, EfConstruction = plan.EfConstruction, EfSearch = plan.EfSearch, Quantization = plan.Quantization });
        Volatile.Write(ref _index, index);
        return index;
    }

    private IndexPlan PlanFor(long vectors) => IndexPlanner.Choose(Definition, _objective, vectors, _hosting.BudgetBytes);

    private void Calibrate(IPendingIndex index, TimeProvider time, CancellationToken cancellationToken)
    {
        if (IndexCalibrator.Measure(index, Vectors, ordinal => !MayBeDead(ordinal), _objective.K, time, cancellationToken) is { } curve)
        {
            Volatile.Write(ref _calibration, curve);

            // From now on few are read.
            Vectors.Settle();
        }
    }
}
