using CsCheck;
using Vektagraf.Caching;

namespace Vektagraf.Tests.Caching;

public class SegmentedLruTests
{
    private enum Step
    {
        Get,
        Set,
        Remove,
    }

    [Fact]
    public void EveryMethod_InAnyOrder_DoesWhatTheModelDoes()
    {
        var steps = Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 12], Gen.Int[0, 30]).Array[0, 200];
        Gen.Select(Gen.Int[1, 100], steps).Sample(
            (budget, run) =>
            {
                var evicted = new List<int>();
                var cache = new SegmentedLru<int, int>(budget, (key, _) => evicted.Add(key));
                var model = new Model(budget);
                for (int i = 0; i < run.Length; i++)
                {
                    (Step step, int key, int size) = run[i];
                    switch (step)
                    {
                        case Step.Get:
                            Assert.Equal(model.Get(key), cache.TryGet(key, out int value) ? value : null);
                            break;
                        case Step.Set:
                            Assert.Equal(model.Set(key, i, size), cache.Set(key, i, size));
                            break;
                        default:
                            Assert.Equal(model.Remove(key), cache.Remove(key));
                            break;
                    }

                    Assert.Equal(model.Evicted, evicted);
                    Assert.Equal(model.Count, cache.Count);
                    Assert.Equal(model.Bytes, cache.Bytes);
                    Assert.InRange(cache.Bytes, 0, budget);
                }
            },
            iter: 500);
    }

    [Fact]
    public void Set_WhenEverythingIsScannedOnce_KeepsWhatWasUsedTwice()
    {
        var cache = new SegmentedLru<int, string>(budget: 100);
        for (int i = 0; i < 5; i++)
        {
            cache.Set(i, "in use", 10);
            Assert.True(cache.TryGet(i, out _));
        }

        for (int i = 100; i < 1_000; i++)
        {
            cache.Set(i, "scanned", 10);
        }

        Assert.All(Enumerable.Range(0, 5), i => Assert.True(cache.TryGet(i, out _), $"{i} was washed out"));
        Assert.Equal(10, cache.Count);
    }

    [Fact]
    public void Set_WhenLargerThanTheBudget_RefusesAndForgetsTheOldValue()
    {
        var cache = new SegmentedLru<int, string>(budget: 10);
        Assert.True(cache.Set(1, "old", 4));
        Assert.True(cache.Set(2, "other", 6));
        Assert.False(cache.Set(1, "new", 11));
        Assert.False(cache.TryGet(1, out _));
        Assert.True(cache.TryGet(2, out _));
    }

    [Fact]
    public void Create_WhenTheBudgetIsNotPositive_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SegmentedLru<int, int>(0));

    /// <summary>The policy by lists that are searched from end to end; the newest comes first.</summary>
    private sealed class Model(int budget)
    {
        private readonly List<(int Key, int Value, int Size)> _probation = [];
        private readonly List<(int Key, int Value, int Size)> _protected = [];

        public List<int> Evicted { get; } = [];

        public int Count => _probation.Count + _protected.Count;

        public long Bytes => _probation.Concat(_protected).Sum(e => e.Size);

        public int? Get(int key)
        {
            foreach (var list in new[] { _probation, _protected })
            {
                int index = list.FindIndex(e => e.Key == key);
                if (index >= 0)
                {
                    var entry = list[index];
                    list.RemoveAt(index);
                    _protected.Insert(0, entry);
                    while (_protected.Sum(e => e.Size) > budget / 5 * 4)
                    {
                        _probation.Insert(0, _protected[^1]);
                        _protected.RemoveAt(_protected.Count - 1);
                    }

                    return entry.Value;
                }
            }

            return null;
        }

        public bool Set(int key, int value, int size)
        {
            Remove(key);
            if (size > budget)
            {
                return false;
            }

            while (Bytes + size > budget)
            {
                var list = _probation.Count > 0 ? _probation : _protected;
                Evicted.Add(list[^1].Key);
                list.RemoveAt(list.Count - 1);
            }

            _probation.Insert(0, (key, value, size));
            return true;
        }

        public bool Remove(int key) => _probation.RemoveAll(e => e.Key == key) + _protected.RemoveAll(e => e.Key == key) > 0;
    }
}
