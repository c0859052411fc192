using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Vektagraf.Api.Routing;
using Vektagraf.Api.Timers;
using Vektagraf.Hosting;

namespace Vektagraf.Architecture.Tests;

/// <summary>
/// The function app is a shell of one line for each route. Its packages are not on every feed, so this reads its source, wherever it
/// cannot be compiled: functions and route table say the same.
/// </summary>
public class FunctionParityTests
{
    // How a function is bound to the root.
    private const string RootRoute = "{ignored:maxlength(0)?}";

    private static readonly IReadOnlyList<MethodDeclarationSyntax> Methods =
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src/Vektagraf.Functions"), "*.cs", SearchOption.TopDirectoryOnly)
            .SelectMany(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), cancellationToken: TestContext.Current.CancellationToken).GetRoot(TestContext.Current.CancellationToken).DescendantNodes())
            .OfType<MethodDeclarationSyntax>(),
    ];

    private static readonly IReadOnlyList<HttpFunction> Functions = [.. Methods.Select(HttpFunction.Read).OfType<HttpFunction>()];

    [Fact]
    public void Functions_AndRoutes_AreTheSame()
    {
        var expected = ApiRoutes.All.Select(r => new HttpFunction(
            r.Name, r.Method, r.Template.Length == 0 ? RootRoute : r.Template, LevelOf(r.Access), r.Name));
        Assert.Equal(expected.OrderBy(f => f.Name, StringComparer.Ordinal), Functions.OrderBy(f => f.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void Functions_AndTimers_AreTheSame()
    {
        var expected = ApiTimers.All.Select(t => new TimerFunction(t.Name, $"%{ScheduleOptions.SettingOf(t.Name)}%", IsMonitored: true, t.Name));
        var timers = Methods.Select(TimerFunction.Read).OfType<TimerFunction>();
        Assert.Equal(expected.OrderBy(f => f.Name, StringComparer.Ordinal), timers.OrderBy(f => f.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void Functions_OfOneApp_HaveDifferentNames()
    {
        // One of them is the warm-up, whose name the platform prescribes.
        var names = Methods.Select(m => Attribute(m.AttributeLists, "Function")).OfType<AttributeSyntax>().Select(a => Text(a.ArgumentList!.Arguments[0].Expression)).ToList();
        Assert.Equal(ApiRoutes.All.Count + ApiTimers.All.Count + 1, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Contains("Warmup", names);
    }

    [Fact]
    public void Functions_ThatRunLong_EndWhenTheyAreAsked()
    {
        // The function's own token did not fire when a client went, so those of requests use the request's; timers have no other.
        Assert.All(Methods.Where(m => m.ParameterList.Parameters.Any(p => Attribute(p.AttributeLists, "HttpTrigger") is not null)), m => Assert.Single(m.ParameterList.Parameters));
        Assert.All(Methods.Where(m => m.ParameterList.Parameters.Any(p => Attribute(p.AttributeLists, "TimerTrigger") is not null)), m => Assert.Equal("CancellationToken", m.ParameterList.Parameters[^1].Type!.ToString()));
    }

    [Fact]
    public void Functions_WithSmallerNames_NeverShadowOthers()
    {
        // The host matches routes in the alphabetical order of the functions' names, without regard to which is more specific: a
        // general one in front would take the requests, and the key check, of those behind it.
        foreach (var first in Functions)
        {
            foreach (var second in Functions.Where(f => f.Method == first.Method && string.CompareOrdinal(first.Name, f.Name) < 0))
            {
                Assert.False(Matches(first.Route, second.Route), $"{first.Name} ({first.Route}) takes the requests of {second.Name} ({second.Route}).");
            }
        }
    }

    [Fact]
    public void Routes_HaveNoCatchAll() => Assert.All(ApiRoutes.All, route => Assert.DoesNotContain("*", route.Template, StringComparison.Ordinal));

    [Fact]
    public void Routes_HaveUniqueNamesAndPlaces()
    {
        Assert.Equal(ApiRoutes.All.Count, ApiRoutes.All.Select(r => r.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(ApiRoutes.All.Count, ApiRoutes.All.Select(r => (r.Method, r.Template)).Distinct().Count());
    }

    private static string LevelOf(AccessLevel access) => access switch
    {
        AccessLevel.Anonymous => "Anonymous",
        AccessLevel.Admin => "Admin",
        _ => "Function",
    };

    /// <summary>Whether a route takes a request made of another route, whatever stands for that one's parameters.</summary>
    private static bool Matches(string route, string other)
    {
        var mine = route.Split('/');
        var theirs = other.Split('/');
        return mine.Length == theirs.Length
            && mine.Zip(theirs).All(pair => pair.First == pair.Second || (pair.First.StartsWith('{') && pair.First != RootRoute));
    }

    private static AttributeSyntax? Attribute(IEnumerable<AttributeListSyntax> lists, string name) =>
        lists.SelectMany(l => l.Attributes).FirstOrDefault(a => a.Name.ToString() == name);

    private static string Text(ExpressionSyntax expression) => ((LiteralExpressionSyntax)expression).Token.ValueText;

    private sealed record HttpFunction(string Name, string Method, string Route, string Level, string Dispatched)
    {
        public static HttpFunction? Read(MethodDeclarationSyntax method)
        {
            var function = Attribute(method.AttributeLists, "Function");
            var trigger = method.ParameterList.Parameters.Select(p => Attribute(p.AttributeLists, "HttpTrigger")).OfType<AttributeSyntax>().FirstOrDefault();
            if (function is null || trigger is null)
            {
                return null;
            }

            var arguments = trigger.ArgumentList!.Arguments;
            var call = (InvocationExpressionSyntax)method.ExpressionBody!.Expression;
            return new HttpFunction(
                Text(function.ArgumentList!.Arguments[0].Expression),
                Text(arguments[1].Expression).ToUpperInvariant(),
                Text(arguments.Single(a => a.NameEquals?.Name.Identifier.Text == "Route").Expression),
                ((MemberAccessExpressionSyntax)arguments[0].Expression).Name.Identifier.Text,
                Text(call.ArgumentList.Arguments[0].Expression));
        }

    }

    private sealed record TimerFunction(string Name, string Schedule, bool IsMonitored, string Dispatched)
    {
        public static TimerFunction? Read(MethodDeclarationSyntax method)
        {
            var trigger = method.ParameterList.Parameters.Select(p => Attribute(p.AttributeLists, "TimerTrigger")).OfType<AttributeSyntax>().FirstOrDefault();
            if (trigger is null)
            {
                return null;
            }

            var arguments = trigger.ArgumentList!.Arguments;
            var call = (InvocationExpressionSyntax)method.ExpressionBody!.Expression;
            return new TimerFunction(
                Text(Attribute(method.AttributeLists, "Function")!.ArgumentList!.Arguments[0].Expression),
                Text(arguments[0].Expression),
                arguments.Single(a => a.NameEquals?.Name.Identifier.Text == "UseMonitor").Expression.IsKind(SyntaxKind.TrueLiteralExpression),
                Text(call.ArgumentList.Arguments[0].Expression));
        }
    }
}
