using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Vektagraf.Embeddings;

namespace Vektagraf.Server.Samples;

/// <summary>Holds the embedder to what it finds among all documented members of the class library, by exact search.</summary>
public class DotnetDocsQualityTests(DotnetDocsQualityTests.Embedded docs, ITestOutputHelper output) : IClassFixture<DotnetDocsQualityTests.Embedded>
{
    private const int Depth = 100;

    [Fact]
    public void Read_WhenTheSdkIsInstalled_GivesAllItsMembers()
    {
        SkipWithoutDocumentation();
        Assert.True(docs.Members.Count > 50_000, $"{docs.Members.Count} members");
        Assert.Equal(docs.Members.Count, docs.Members.Select(member => member.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.All(docs.Members, member => Assert.False(member.Namespace.Length == 0 || member.Type.Length == 0, member.Id));
        DotnetDocMember read = docs.Members.Single(
            member => member.Id == "M:System.IO.File.ReadAllLinesAsync(System.String,System.Threading.CancellationToken)");
        Assert.Equal("File.ReadAllLinesAsync(String, CancellationToken)", read.Title);
        Assert.Equal("System.IO", read.Namespace);
        DotnetDocMember nested = docs.Members.Single(member => member.Id == "T:System.Collections.Generic.Dictionary`2.Enumerator");
        Assert.Equal("System.Collections.Generic", nested.Namespace);
        Assert.Equal("Dictionary<TKey, TValue>.Enumerator", nested.Type);
    }

    [Fact]
    public void Search_WhenAskedForAllLinesWithoutBlocking_FindsTheAsynchronousMembersFirst()
    {
        SkipWithoutDocumentation();
        Assert.InRange(docs.RankOf(DotnetDocsQueries.All[0]), 1, 5);
    }

    [Fact]
    public void Search_WhenAskedInPlainWords_FindsAnAnswerAmongTheFirst()
    {
        SkipWithoutDocumentation();
        int[] ranks = [.. DotnetDocsQueries.All.Select(docs.RankOf)];
        Quality tuned = Quality.Of("tuning half   ", ranks.Where((_, i) => i % 2 == 0));
        Quality heldBack = Quality.Of("held-back half", ranks.Where((_, i) => i % 2 == 1));
        Quality all = Quality.Of("all           ", ranks);
        foreach (Quality quality in (Quality[])[tuned, heldBack, all])
        {
            output.WriteLine(quality.ToString());
        }

        for (int i = 0; i < ranks.Length; i++)
        {
            output.WriteLine($"{(ranks[i] == 0 ? $">{Depth}" : ranks[i]),5}  {DotnetDocsQueries.All[i].Text}");
        }

        // A little below what was measured with .NET 10.0.12: other versions of the SDK have other members.
        Assert.True(all.HitsAt5 >= 0.70, all.ToString());
        Assert.True(all.HitsAt10 >= 0.75, all.ToString());
        Assert.True(all.MeanReciprocalRank >= 0.58, all.ToString());
        Assert.True(heldBack.HitsAt5 >= 0.62, heldBack.ToString());
    }

    [Fact]
    public void ToBytes_WhenTheModelOfAllMembersIsStored_StaysSmallAndEmbedsTheSame()
    {
        SkipWithoutDocumentation();
        byte[] bytes = docs.Model.ToBytes();
        output.WriteLine($"{bytes.Length:N0} bytes, {docs.Model.VocabularySize:N0} words");
        Assert.InRange(bytes.Length, 1_000_000, 12_000_000);
        float[] before = new float[docs.Model.Dimensions];
        float[] after = new float[docs.Model.Dimensions];
        Assert.True(docs.Model.TryEmbed(DotnetDocsQueries.All[0].Text, before));
        Assert.True(LsaModel.Read(bytes).TryEmbed(DotnetDocsQueries.All[0].Text, after));
        Assert.Equal(before, after);
    }

    private void SkipWithoutDocumentation() => Assert.SkipWhen(docs.Missing is not null, docs.Missing ?? "");

    private sealed record Quality(string Name, int Count, double HitsAt5, double HitsAt10, double MeanReciprocalRank)
    {
        public static Quality Of(string name, IEnumerable<int> ranks)
        {
            int[] all = [.. ranks];
            return new Quality(
                name,
                all.Length,
                all.Average(rank => rank is >= 1 and <= 5 ? 1.0 : 0),
                all.Average(rank => rank is >= 1 and <= 10 ? 1.0 : 0),
                all.Average(rank => rank > 0 ? 1.0 / rank : 0));
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{Name} {Count} queries: hit@5 {HitsAt5:P1}, hit@10 {HitsAt10:P1}, mean reciprocal rank {MeanReciprocalRank:F3}");
    }

    /// <summary>All members and their vectors, made once for the class.</summary>
    public sealed class Embedded
    {
        private readonly float[] _vectors = [];

        public Embedded()
        {
            try
            {
                Members = [.. DotnetDocsReader.Read(DotnetReferencePack.Locate())];
            }
            catch (VektagrafException e) when (e.Kind == ErrorKind.NotFound)
            {
                Missing = e.Message;
                return;
            }

            Model = LsaTrainer.Train(Members.Select(DotnetDocsCollection.TextOf));
            _vectors = new float[Members.Count * Model.Dimensions];
            for (int i = 0; i < Members.Count; i++)
            {
                Assert.True(Model.TryEmbed(DotnetDocsCollection.TextOf(Members[i]), _vectors.AsSpan(i * Model.Dimensions, Model.Dimensions)));
            }
        }

        /// <summary>Why there is nothing to test; null where there is.</summary>
        public string? Missing { get; }

        public IReadOnlyList<DotnetDocMember> Members { get; } = [];

        public LsaModel Model { get; } = LsaTrainer.Train([]);

        /// <summary>Rank of the first accepted answer, 1 for the first; 0 beyond <see cref="Depth"/>.</summary>
        internal int RankOf(DotnetDocsQueries.Query query)
        {
            float[] vector = new float[Model.Dimensions];
            Assert.True(Model.TryEmbed(query.Text, vector));
            float[] similarities = new float[Members.Count];
            for (int i = 0; i < similarities.Length; i++)
            {
                similarities[i] = Dot(vector, _vectors.AsSpan(i * vector.Length, vector.Length));
            }

            string[] found = [.. Enumerable.Range(0, similarities.Length)
                .OrderByDescending(i => similarities[i]).ThenBy(i => Members[i].Id, StringComparer.Ordinal)
                .Take(Depth).Select(i => Members[i].Id)];
            return Array.FindIndex(found, query.Accepts) + 1;
        }

        private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            ReadOnlySpan<Vector4> x = MemoryMarshal.Cast<float, Vector4>(a);
            ReadOnlySpan<Vector4> y = MemoryMarshal.Cast<float, Vector4>(b);
            Vector4 sum = default;
            for (int i = 0; i < x.Length; i++)
            {
                sum += x[i] * y[i];
            }

            return Vector4.Dot(sum, Vector4.One);
        }
    }
}
