namespace Vektagraf.Storage.Local;

/// <summary>Creates, flushes and removes the folders below a root, so that a name is durable together with all folders above it.</summary>
/// <remarks>
/// A folder that exists need not be durable yet: another process may just have made it, or died before flushing. So every process
/// flushes the parents of a folder when it first uses it, and remembers that. Folders that became empty are removed, and what was
/// remembered then is void, as somebody may make them anew: removals are counted, by the length of one file, before they happen, and
/// a writer looks at the count after its file has got its name.
/// </remarks>
internal sealed class DurableDirectories
{
    // More than the folders in use at a time; beyond it, starting over costs some flushes.
    private const int MostRemembered = 10_000;

    private readonly string _root;
    private readonly string _removals;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _durable = new(StringComparer.Ordinal);
    private long _removalsSeen = -1;

    /// <summary>Folders below a root that exists and is durable.</summary>
    /// <param name="root">The root.</param>
    /// <param name="removals">The file that counts removals.</param>
    public DurableDirectories(string root, string removals)
    {
        _root = root;
        _removals = removals;
    }

    /// <summary>Makes a name in a folder durable, after it was given to a file.</summary>
    public void Flush(string directory)
    {
        long removals = CountRemovals();
        FileSystemCalls.FlushDirectory(directory);
        foreach (string unknown in NotKnownAsDurable(directory, removals))
        {
            FileSystemCalls.FlushDirectory(Parent(unknown));
            lock (_gate)
            {
                if (_removalsSeen == removals)
                {
                    _durable.Add(unknown);
                }
            }
        }
    }

    /// <summary>Removes a folder and those above it as far as they are empty; only if nobody else is at it.</summary>
    /// <returns>The folder that was left.</returns>
    public string RemoveWhereEmpty(string directory)
    {
        if (directory.Length <= _root.Length || !IsEmpty(directory))
        {
            return directory;
        }

        using FileStream? counter = LockStripes.TryOpenExclusively(_removals);
        while (counter is not null && directory.Length > _root.Length && IsEmpty(directory))
        {
            counter.SetLength(counter.Length + 1);
            try
            {
                Directory.Delete(directory, recursive: false);
            }
            catch (DirectoryNotFoundException)
            {
                // Gone already: go on above.
            }
            catch (IOException)
            {
                // A file came in between: the folder stays.
                return directory;
            }

            directory = Parent(directory);
        }

        return directory;
    }

    private static string Parent(string directory) => Path.GetDirectoryName(directory)!;

    private static bool IsEmpty(string directory)
    {
        try
        {
            return !Directory.EnumerateFileSystemEntries(directory).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
    }

    private long CountRemovals()
    {
        var file = new FileInfo(_removals);
        return file.Exists ? file.Length : 0;
    }

    /// <summary>From the folder upwards to the root; stops at the first that is known, since those above it are then known too.</summary>
    private List<string> NotKnownAsDurable(string directory, long removals)
    {
        var unknown = new List<string>();
        lock (_gate)
        {
            if (_removalsSeen != removals || _durable.Count > MostRemembered)
            {
                _durable.Clear();
                _removalsSeen = removals;
            }

            for (string d = directory; d.Length > _root.Length && !_durable.Contains(d); d = Parent(d))
            {
                unknown.Add(d);
            }
        }

        unknown.Reverse();
        return unknown;
    }
}
