using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Vektagraf.Index;

/// <summary>
/// A <see cref="DistanceMetric"/> as a struct, so that search loops written once are specialised by the JIT for each metric: a reduction over
/// the stored components, then a distance from the reduced value and the two inverse norms (which only cosine reads).
/// </summary>
internal unsafe interface IMetric
{
    /// <summary>The metric this is.</summary>
    static abstract DistanceMetric Kind { get; }

    /// <summary>Whether <see cref="Distance(float, float, float)"/> reads the inverse norms; constant, so the other branch is compiled away.</summary>
    static abstract bool ReadsNorms { get; }

    /// <summary>Reduces the query against one row.</summary>
    static abstract float Reduce(float* query, float* row, nint length);

    /// <summary>Reduces the query against four rows.</summary>
    static abstract Vector128<float> Reduce4(float* query, float* row0, float* row1, float* row2, float* row3, nint length);

    /// <summary>Reduces two vectors against four others.</summary>
    static abstract Vector128<float> Reduce2By4(
        float* first, float* second, float* row0, float* row1, float* row2, float* row3, nint length, out Vector128<float> ofSecond);

    /// <summary>The distance, smaller is nearer.</summary>
    static abstract float Distance(float reduced, float queryInverseNorm, float rowInverseNorm);

    /// <summary>Four distances.</summary>
    static abstract Vector128<float> Distance(Vector128<float> reduced, Vector128<float> queryInverseNorms, Vector128<float> rowInverseNorms);
}

/// <summary>
/// 1 − dot · (1/‖query‖) · (1/‖row‖), held within [0, 2] against rounding; NaN stays NaN. Rows need not be stored normalised, so what was
/// inserted comes back bit for bit. A zero vector has the inverse norm 0 and is at distance 1 from everything.
/// </summary>
internal readonly unsafe struct CosineMetric : IMetric
{
    public static DistanceMetric Kind => DistanceMetric.Cosine;

    public static bool ReadsNorms => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce(float* query, float* row, nint length) => DotMetric.Reduce(query, row, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce4(float* query, float* row0, float* row1, float* row2, float* row3, nint length) =>
        DotMetric.Reduce4(query, row0, row1, row2, row3, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce2By4(
        float* first, float* second, float* row0, float* row1, float* row2, float* row3, nint length, out Vector128<float> ofSecond) =>
        DotMetric.Reduce2By4(first, second, row0, row1, row2, row3, length, out ofSecond);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Distance(float reduced, float queryInverseNorm, float rowInverseNorm)
    {
        float distance = 1f - (reduced * queryInverseNorm * rowInverseNorm);
        distance = distance < 0f ? 0f : distance;
        return distance > 2f ? 2f : distance;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Distance(Vector128<float> reduced, Vector128<float> queryInverseNorms, Vector128<float> rowInverseNorms)
    {
        Vector128<float> two = Vector128.Create(2f);
        Vector128<float> distance = Vector128<float>.One - (reduced * queryInverseNorms * rowInverseNorms);
        distance = Vector128.ConditionalSelect(Vector128.LessThan(distance, Vector128<float>.Zero), Vector128<float>.Zero, distance);
        return Vector128.ConditionalSelect(Vector128.GreaterThan(distance, two), two, distance);
    }
}

/// <summary>The negated dot product.</summary>
internal readonly unsafe struct DotMetric : IMetric
{
    public static DistanceMetric Kind => DistanceMetric.Dot;

    public static bool ReadsNorms => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce(float* query, float* row, nint length) =>
        LaneReduction<SingleSource, SingleSource, DotOperation>.Reduce(query, row, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce4(float* query, float* row0, float* row1, float* row2, float* row3, nint length) =>
        LaneReduction<SingleSource, SingleSource, DotOperation>.Reduce4(query, row0, row1, row2, row3, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce2By4(
        float* first, float* second, float* row0, float* row1, float* row2, float* row3, nint length, out Vector128<float> ofSecond) =>
        LaneReduction<SingleSource, SingleSource, DotOperation>.Reduce2By4(first, second, row0, row1, row2, row3, length, out ofSecond);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Distance(float reduced, float queryInverseNorm, float rowInverseNorm) => -reduced;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Distance(Vector128<float> reduced, Vector128<float> queryInverseNorms, Vector128<float> rowInverseNorms) => -reduced;
}

/// <summary>The squared Euclidean distance.</summary>
internal readonly unsafe struct EuclideanMetric : IMetric
{
    public static DistanceMetric Kind => DistanceMetric.Euclidean;

    public static bool ReadsNorms => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce(float* query, float* row, nint length) =>
        LaneReduction<SingleSource, SingleSource, SquaredDifferenceOperation>.Reduce(query, row, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce4(float* query, float* row0, float* row1, float* row2, float* row3, nint length) =>
        LaneReduction<SingleSource, SingleSource, SquaredDifferenceOperation>.Reduce4(query, row0, row1, row2, row3, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reduce2By4(
        float* first, float* second, float* row0, float* row1, float* row2, float* row3, nint length, out Vector128<float> ofSecond) =>
        LaneReduction<SingleSource, SingleSource, SquaredDifferenceOperation>.Reduce2By4(first, second, row0, row1, row2, row3, length, out ofSecond);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Distance(float reduced, float queryInverseNorm, float rowInverseNorm) => reduced;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Distance(Vector128<float> reduced, Vector128<float> queryInverseNorms, Vector128<float> rowInverseNorms) => reduced;
}
