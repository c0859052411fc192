using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using Vektagraf.Api;
using Vektagraf.Index;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Vektagraf.Architecture.Tests;

/// <summary>The lines that ARCHITECTURE.md draws between the projects and the folders.</summary>
public class DependencyTests
{
    private static readonly System.Reflection.Assembly Index = typeof(IVectorIndex).Assembly;
    private static readonly System.Reflection.Assembly Engine = typeof(VektagrafDatabase).Assembly;
    private static readonly System.Reflection.Assembly Api = typeof(VektagrafApi).Assembly;

    private static readonly ArchUnitNET.Domain.Architecture Loaded = new ArchLoader().LoadAssemblies(Index, Engine, Api).Build();

    [Fact]
    public void Index_References_NothingButTheBaseClassLibrary() =>
        Assert.All(Index.GetReferencedAssemblies(), reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));

    [Fact]
    public void Index_Knows_NoInputOutputNoTasksNoClock()
    {
        // Threads it may use: a search is told how many.
        string[] banned = ["System.IO", "System.Net", "System.Net.Http", "System.Data"];
        Assert.All(Index.GetReferencedAssemblies(), reference => Assert.DoesNotContain(reference.Name, banned));
        var asynchronous = Index.GetTypes().SelectMany(t => t.GetMethods()).Where(m => typeof(Task).IsAssignableFrom(m.ReturnType));
        Assert.Empty(asynchronous);
    }

    [Fact]
    public void Engine_References_OnlyTheIndexAndAbstractions()
    {
        Assert.All(Engine.GetReferencedAssemblies(), reference => Assert.True(
            reference.Name!.StartsWith("System.", StringComparison.Ordinal)
            || reference.Name is "Vektagraf.Index" or "Microsoft.Win32.Primitives" or "Microsoft.Data.Sqlite" or "ZstdSharp" or "Lucene.Net.Analysis.Common"
            || (reference.Name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && reference.Name.EndsWith(".Abstractions", StringComparison.Ordinal)),
            $"The engine references {reference.Name}."));
    }

    [Fact]
    public void Simulation_References_TheEngineAndNothingElse_AndOnlyTheCommandLineReferencesIt()
    {
        // Whatever runs data must not be able to reach a clock that stands still or a store that fails on purpose.
        var simulation = Repository.Read("src/Vektagraf.Simulation/Vektagraf.Simulation.csproj");
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(simulation, "<(Project|Package|Framework)Reference"));
        Assert.Contains("../Vektagraf/Vektagraf.csproj", simulation, StringComparison.Ordinal);
        var users = Repository.Projects("src").Where(p => Repository.Read(p).Contains("Vektagraf.Simulation.csproj", StringComparison.Ordinal));
        Assert.Equal(["src/Vektagraf.Cli/Vektagraf.Cli.csproj"], users);
    }

    [Fact]
    public void Engine_OpensItsInternals_OnlyToTheSimulation()
    {
        var friends = Engine.GetCustomAttributes(typeof(System.Runtime.CompilerServices.InternalsVisibleToAttribute), inherit: false)
            .Select(a => ((System.Runtime.CompilerServices.InternalsVisibleToAttribute)a).AssemblyName);
        Assert.Equal(["Vektagraf.Simulation"], friends);
    }

    [Fact]
    public void Storage_Knows_NeitherVectorsNorCollections() =>
        Types().That().ResideInNamespaceMatching(@"^Vektagraf\.Storage(\.|$)")
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(@"^Vektagraf\.(Index|Collections|Shards|Querying|Embeddings)(\.|$)"))
            .Because("the log carries opaque payloads, so that it can be simulated and reused without them")
            .Check(Loaded);

    [Fact]
    public void Querying_Knows_NoStore() =>
        Types().That().ResideInNamespaceMatching(@"^Vektagraf\.Querying(\.|$)")
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(@"^Vektagraf\.Storage$"))
            .Because("queries read snapshots")
            .Check(Loaded);

    [Fact]
    public void Api_References_NoHostAndNoAzure() => Assert.All(Api.GetReferencedAssemblies(), reference =>
    {
        Assert.False(reference.Name!.StartsWith("Azure.", StringComparison.Ordinal), reference.Name);
        Assert.False(reference.Name.StartsWith("Microsoft.Azure.", StringComparison.Ordinal), reference.Name);
        Assert.NotEqual("Microsoft.AspNetCore.Server.Kestrel", reference.Name);
        Assert.NotEqual("Microsoft.AspNetCore.Server.Kestrel.Core", reference.Name);
    });

    [Fact]
    public void OnlyTheIndex_Allows_UnsafeCode() => Assert.All(
        Repository.Projects("src").Where(p => !p.Contains("/Vektagraf.Index/", StringComparison.Ordinal)),
        project => Assert.DoesNotContain("AllowUnsafeBlocks", Repository.Read(project), StringComparison.Ordinal));

    [Fact]
    public void LocalFilter_Holds_EveryProjectButTheFunctionApp()
    {
        var filter = Repository.Read("Serverless.Local.slnf");
        var solution = Repository.Read("Serverless.sln").Replace('\\', '/');
        Assert.All(Repository.Projects("src").Concat(Repository.Projects("tests")), project =>
        {
            Assert.Contains(project, solution, StringComparison.Ordinal);
            Assert.Equal(!project.Contains("/Vektagraf.Functions/", StringComparison.Ordinal), filter.Contains(project, StringComparison.Ordinal));
        });
    }
}
