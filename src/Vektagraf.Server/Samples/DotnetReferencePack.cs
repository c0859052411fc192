using System.Runtime.InteropServices;

namespace Vektagraf.Server.Samples;

/// <summary>The folder of reference assemblies and their XML documentation that every .NET SDK carries.</summary>
/// <param name="Directory">Folder of the XML files, such as <c>packs/Microsoft.NETCore.App.Ref/10.0.1/ref/net10.0</c> under the SDK's root.</param>
/// <param name="Version">Version of the pack, such as <c>10.0.1</c>.</param>
/// <param name="TargetFramework">Target framework moniker, such as <c>net10.0</c>.</param>
public sealed record DotnetReferencePack(string Directory, string Version, string TargetFramework)
{
    private const string PackName = "Microsoft.NETCore.App.Ref";

    /// <summary>The XML documentation files, ordered by name so that every run reads the same sequence.</summary>
    public IReadOnlyList<string> DocumentationFiles { get; } = FilesOf(Directory);

    /// <summary>Finds the pack of the running SDK.</summary>
    /// <returns>The pack that fits the running runtime, or else the newest one.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>: no pack; the message lists the folders searched.</exception>
    public static DotnetReferencePack Locate() => Locate(CandidateRoots(), Environment.Version);

    /// <summary>Finds the pack under the given .NET roots.</summary>
    /// <param name="roots">Folders that hold <c>packs</c>, most wanted first.</param>
    /// <param name="runtime">Version of the runtime whose documentation is wanted.</param>
    /// <returns>The newest pack with the runtime's major and minor version, or else the newest one.</returns>
    /// <exception cref="VektagrafException"><see cref="ErrorKind.NotFound"/>: no pack; the message lists the folders searched.</exception>
    public static DotnetReferencePack Locate(IEnumerable<string> roots, Version runtime)
    {
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(runtime);
        List<string> searched = [];
        foreach (string root in roots)
        {
            string packs = Path.Combine(root, "packs", PackName);
            if (searched.Contains(packs, StringComparer.Ordinal))
            {
                continue;
            }

            searched.Add(packs);
            if (Newest(packs, runtime) is { } pack)
            {
                return pack;
            }
        }

        throw new VektagrafException(
            ErrorKind.NotFound,
            "reference-pack-not-found",
            "The documentation of the .NET class library was not found: it comes with the .NET SDK (a runtime alone does not carry it). Searched: "
            + (searched.Count == 0 ? "nothing, no .NET root is known" : string.Join(", ", searched)) + ".");
    }

    private static IEnumerable<string> CandidateRoots()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/ holds the running runtime.
        DirectoryInfo runtime = new(Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory()));
        if (runtime.Parent?.Parent?.Parent is { } root)
        {
            yield return root.FullName;
        }

        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } dotnetRoot)
        {
            yield return dotnetRoot;
        }

        string executable = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (string folder in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (HomeOf(Path.Combine(folder, executable)) is { } home)
            {
                yield return home;
            }
        }
    }

    /// <summary>The folder of the real file behind a possible chain of symbolic links.</summary>
    private static string? HomeOf(string file)
    {
        try
        {
            return File.Exists(file) ? Path.GetDirectoryName(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file) : null;
        }
        catch (IOException)
        {
            // A cycle of links is no root.
            return null;
        }
    }

    private static DotnetReferencePack? Newest(string packs, Version runtime)
    {
        if (!System.IO.Directory.Exists(packs))
        {
            return null;
        }

        return System.IO.Directory.EnumerateDirectories(packs)
            .Select(folder => (Folder: folder, Order: OrderOf(Path.GetFileName(folder))))
            .OrderByDescending(pack => pack.Order.Number.Major == runtime.Major && pack.Order.Number.Minor == runtime.Minor)
            .ThenByDescending(pack => pack.Order.Number)
            .ThenByDescending(pack => pack.Order.IsRelease)
            .ThenByDescending(pack => pack.Folder, StringComparer.Ordinal)
            .Select(pack => InPack(pack.Folder))
            .FirstOrDefault(pack => pack is not null);
    }

    private static DotnetReferencePack? InPack(string folder)
    {
        string references = Path.Combine(folder, "ref");
        if (!System.IO.Directory.Exists(references))
        {
            return null;
        }

        return System.IO.Directory.EnumerateDirectories(references, "net*")
            .OrderByDescending(framework => OrderOf(Path.GetFileName(framework)[3..]).Number)
            .Select(framework => new DotnetReferencePack(framework, Path.GetFileName(folder), Path.GetFileName(framework)))
            .FirstOrDefault(pack => pack.DocumentationFiles.Count > 0);
    }

    /// <summary>Versions in order: by number, and of the same number the release after its previews.</summary>
    private static (Version Number, bool IsRelease) OrderOf(string version)
    {
        int dash = version.IndexOf('-', StringComparison.Ordinal);
        string number = dash < 0 ? version : version[..dash];
        return (System.Version.TryParse(number, out Version? parsed) ? parsed : new Version(0, 0), dash < 0);
    }

    private static string[] FilesOf(string directory)
    {
        string[] files = System.IO.Directory.GetFiles(directory, "*.xml");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    /// <summary>The version that <see cref="DotnetDocMember.Since"/> states: the moniker without <c>net</c>.</summary>
    internal string FrameworkVersion =>
        TargetFramework.StartsWith("net", StringComparison.Ordinal) ? TargetFramework[3..] : TargetFramework;
}
