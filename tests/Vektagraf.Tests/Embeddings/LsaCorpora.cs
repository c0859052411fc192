namespace Vektagraf.Embeddings;

/// <summary>Small corpora for the tests of the embedder.</summary>
internal static class LsaCorpora
{
    private static readonly string[][] Subjects =
    [
        ["file", "path", "folder", "disk", "write"],
        ["socket", "network", "packet", "address", "listen"],
        ["color", "pixel", "image", "brush", "draw"],
        ["thread", "lock", "mutex", "wait", "signal"],
        ["tax", "invoice", "price", "customer", "order"],
        ["river", "lake", "bridge", "boat", "shore"],
    ];

    /// <summary>Texts about one of six subjects each, with some words that all subjects share.</summary>
    internal static List<string> Generate(int count, int seed)
    {
        Random random = new(seed);
        List<string> texts = [];
        for (int i = 0; i < count; i++)
        {
            string[] subject = Subjects[i % Subjects.Length];
            IEnumerable<string> words = Enumerable.Range(0, 6).Select(_ => subject[random.Next(subject.Length)]);
            texts.Add($"{string.Join(' ', words)} common{random.Next(4)} rare{random.Next(count)}\nword{random.Next(20)} {subject[0]}");
        }

        return texts;
    }

    internal static float[] Embed(this LsaModel model, string text)
    {
        float[] vector = new float[model.Dimensions];
        Assert.True(model.TryEmbed(text, vector), $"'{text}' has no word");
        return vector;
    }

    internal static double Cosine(this LsaModel model, string one, string other)
    {
        float[] a = model.Embed(one);
        float[] b = model.Embed(other);
        return a.Zip(b, (x, y) => (double)x * y).Sum();
    }
}
