using System.IO.Enumeration;

namespace Vektagraf.Storage.Local;

/// <summary>Reads one page of a listing from a tree of folders, visiting only those that can hold keys of the page.</summary>
internal sealed class DirectoryListing
{
    // Defaults would leave out hidden files and silently skip what may not be read.
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    private readonly string _root;
    private readonly string _prefix;
    private readonly string? _after;
    private readonly int _pageSize;
    private readonly List<ListEntry> _entries = [];

    /// <summary>Prepares the page of keys that start with the prefix and come after <paramref name="after"/>.</summary>
    public DirectoryListing(string root, string prefix, string? after, int pageSize)
    {
        _root = root;
        _prefix = prefix;
        _after = after;
        _pageSize = pageSize;
    }

    /// <summary>Reads the page.</summary>
    public ListPage Read()
    {
        string directory = _prefix[..(_prefix.LastIndexOf('/') + 1)];
        bool isLast = Visit(directory, ObjectPath.OfDirectory(_root, directory));
        return new ListPage(_entries, isLast ? null : _entries[^1].Key);
    }

    /// <summary>Adds the objects below a folder; false where the page is full and more follow.</summary>
    private bool Visit(string directory, string path)
    {
        foreach (Child child in ReadChildren(directory, path))
        {
            string childPath = Path.Combine(path, child.FileName);
            if (child.IsDirectory)
            {
                if (!Visit(child.Key, childPath))
                {
                    return false;
                }

                continue;
            }

            var file = new FileInfo(childPath);
            if (!file.Exists)
            {
                continue; // deleted since the folder was read
            }

            if (_entries.Count == _pageSize)
            {
                return false;
            }

            _entries.Add(new ListEntry(child.Key, Math.Max(0, file.Length - ObjectFile.HeaderLength), ToOffset(file.LastWriteTimeUtc)));
        }

        return true;
    }

    private static DateTimeOffset ToOffset(DateTime utc) => new(utc, TimeSpan.Zero);

    /// <summary>The children that matter, in the order of the keys below them. A folder counts as its name with a slash: that makes
    /// the order of names that of whole keys.</summary>
    private List<Child> ReadChildren(string directory, string path)
    {
        var children = new List<Child>();
        try
        {
            var names = new FileSystemEnumerable<(string Name, bool IsDirectory)>(
                path, (ref e) => (e.FileName.ToString(), e.IsDirectory), Everything);
            foreach ((string name, bool isDirectory) in names)
            {
                if (ObjectPath.TryDecode(name, isDirectory, out string? segment))
                {
                    string key = isDirectory ? $"{directory}{segment}/" : directory + segment;
                    if (isDirectory ? MayHoldWanted(key) : IsWanted(key))
                    {
                        children.Add(new Child(key, name, isDirectory));
                    }
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // No such folder, or it was removed since: it holds no objects.
        }

        children.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return children;
    }

    private bool IsWanted(string key) =>
        key.StartsWith(_prefix, StringComparison.Ordinal) && (_after is null || string.CompareOrdinal(key, _after) > 0);

    /// <summary>Whether keys that start with <paramref name="directory"/> can be wanted.</summary>
    private bool MayHoldWanted(string directory) =>
        (directory.StartsWith(_prefix, StringComparison.Ordinal) || _prefix.StartsWith(directory, StringComparison.Ordinal))
        && (_after is null || string.CompareOrdinal(directory, _after) > 0 || _after.StartsWith(directory, StringComparison.Ordinal));

    private readonly record struct Child(string Key, string FileName, bool IsDirectory);
}
