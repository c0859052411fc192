namespace Vektagraf.Server.Samples;

public class DotnetReferencePackTests
{
    private const string Packs = "packs/Microsoft.NETCore.App.Ref";

    [Theory]
    [InlineData("10.0.12", "9.0.3", "10.0.2", "10.0.12", "11.0.0")]
    [InlineData("10.0.0", "10.0.0-rc.2", "10.0.0-preview.1", "10.0.0")]
    [InlineData("9.0.8", "8.0.20", "9.0.8")]
    public void Locate_WhenSeveralPacks_TakesTheRuntimesNewestOrElseTheNewest(string expected, params string[] installed)
    {
        using TemporaryFolder root = new();
        foreach (string version in installed)
        {
            root.Write($"{Packs}/{version}/ref/net{version[..version.IndexOf('.')]}.0/System.Runtime.xml", "<doc/>");
        }

        DotnetReferencePack pack = DotnetReferencePack.Locate([root.Path], new Version(10, 0, 5));
        Assert.Equal(expected, pack.Version);
        Assert.Equal($"net{expected[..expected.IndexOf('.')]}.0", pack.TargetFramework);
        Assert.Equal(["System.Runtime.xml"], pack.DocumentationFiles.Select(Path.GetFileName));
    }

    [Fact]
    public void Locate_WhenTheFirstRootHasNoDocumentation_TakesTheNext()
    {
        using TemporaryFolder empty = new();
        using TemporaryFolder full = new();
        empty.Write($"{Packs}/10.0.1/ref/net10.0/System.Runtime.dll", "");
        full.Write($"{Packs}/10.0.0/ref/net10.0/B.xml", "<doc/>");
        full.Write($"{Packs}/10.0.0/ref/net10.0/A.xml", "<doc/>");
        DotnetReferencePack pack = DotnetReferencePack.Locate([empty.Path, full.Path], new Version(10, 0));
        Assert.Equal("10.0.0", pack.Version);
        Assert.Equal(["A.xml", "B.xml"], pack.DocumentationFiles.Select(Path.GetFileName));
    }

    [Fact]
    public void Locate_WhenThereIsNone_SaysWhatWasSearched()
    {
        using TemporaryFolder root = new();
        VektagrafException error = Assert.Throws<VektagrafException>(
            () => DotnetReferencePack.Locate([root.Path, Path.Combine(root.Path, "missing")], new Version(10, 0)));
        Assert.Equal(ErrorKind.NotFound, error.Kind);
        Assert.Contains(Path.Combine(root.Path, Packs), error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(root.Path, "missing", Packs), error.Message, StringComparison.Ordinal);
        Assert.Contains("SDK", error.Message, StringComparison.Ordinal);
    }
}
