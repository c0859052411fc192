namespace Vektagraf.Architecture.Tests.Infra;

/// <summary>The deployment compiles without any diagnostic, and makes what its snapshot says.</summary>
public class BicepTests
{
    // Of no account; the snapshot was made with them: bicep snapshot main.bicepparam --mode overwrite and these.
    private static readonly string[] Place = ["--subscription-id", "00000000-0000-0000-0000-000000000001", "--resource-group", "rg-vektagraf", "--location", "westeurope"];

    [Theory]
    [InlineData("build", "main.bicep", "--stdout")]
    [InlineData("build-params", "main.bicepparam", "--stdout")]
    [InlineData("lint", "main.bicep")]
    public async Task Compiler_HasNothingToSay(params string[] arguments)
    {
        var (code, diagnostics) = await Bicep.RunAsync(arguments);
        Assert.Equal(string.Empty, diagnostics.Trim());
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Snapshot_IsWhatTheFilesMake()
    {
        var (code, diagnostics) = await Bicep.RunAsync(["snapshot", "main.bicepparam", "--mode", "validate", .. Place]);
        Assert.True(code == 0, diagnostics);
    }
}
