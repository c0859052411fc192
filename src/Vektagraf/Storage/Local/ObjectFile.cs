using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Vektagraf.Storage.Local;

/// <summary>
/// The format of one object's file: a header of 64 ASCII bytes, then the content. Version and content thus come from one open file
/// and cannot belong to different puts.
/// </summary>
/// <remarks>
/// <code>
/// 0        8 9                       40 41 42            60 61 63
/// VKTGOBJ1 ␠ version, 32 hex digits   ␠ length, 19 digits ␠ ␠ \n   content…
/// </code>
/// The length tells a file that was cut short from a whole one.
/// </remarks>
internal static class ObjectFile
{
    /// <summary>Bytes before the content.</summary>
    public const int HeaderLength = 64;

    private const string Magic = "VKTGOBJ1";
    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdef"u8);
    private const int VersionStart = 9;
    private const int VersionLength = 32;
    private const int LengthStart = 42;
    private const int LengthDigits = 19;

    // All sharing: readers must never stop a writer from replacing or deleting the file, nor the other way round.
    private const FileShare ShareAll = FileShare.ReadWrite | FileShare.Delete;

    /// <summary>Writes a new file and makes its bytes durable (its name is not yet).</summary>
    /// <param name="path">Where; there must be no such file.</param>
    /// <param name="version">32 hex digits.</param>
    /// <param name="content">The content.</param>
    /// <param name="modified">Modification time to set; null for the file system's own.</param>
    public static void Write(string path, string version, ReadOnlyMemory<byte> content, DateTimeOffset? modified)
    {
        byte[] header = Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Magic} {version} {content.Length:D19}  \n"));
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, ShareAll);
        RandomAccess.Write(file, [header, content], fileOffset: 0);
        if (modified is { } time)
        {
            File.SetLastWriteTimeUtc(file, time.UtcDateTime);
        }

        RandomAccess.FlushToDisk(file);
    }

    /// <summary>The version of an object; null where it is missing.</summary>
    public static string? ReadVersion(string path)
    {
        if (!TryOpen(path, out SafeFileHandle? file))
        {
            return null;
        }

        using (file)
        {
            return ReadHeader(file, path).Version;
        }
    }

    /// <summary>Reads an object or a range of it.</summary>
    public static GetResult Read(string path, ByteRange? range, string? ifNoneMatch)
    {
        if (!TryOpen(path, out SafeFileHandle? file))
        {
            return GetResult.Missing;
        }

        using (file)
        {
            (string version, long total) = ReadHeader(file, path);
            if (ifNoneMatch is not null && string.Equals(ifNoneMatch, version, StringComparison.Ordinal))
            {
                return new GetResult(GetStatus.NotModified, default, version, 0);
            }

            (long start, long length) = range is { } wanted ? wanted.Within(total) : (0L, total);
            if (length > Array.MaxLength)
            {
                throw new ObjectStoreException($"'{path}' has {total} bytes, more than one read can return: read it by ranges.", isTransient: false);
            }

            byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
            ReadExactly(file, content, HeaderLength + start, path);
            return new GetResult(GetStatus.Found, content, version, total);
        }
    }

    private static bool TryOpen(string path, [NotNullWhen(true)] out SafeFileHandle? file)
    {
        file = null;
        if (FileSystemCalls.IsMissing(path))
        {
            return false;
        }

        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, ShareAll);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static (string Version, long Length) ReadHeader(SafeFileHandle file, string path)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        ReadExactly(file, header, 0, path);
        ReadOnlySpan<byte> version = header.Slice(VersionStart, VersionLength);
        ReadOnlySpan<byte> digits = header.Slice(LengthStart, LengthDigits);
        bool isWhole = header.StartsWith("VKTGOBJ1 "u8)
            && !version.ContainsAnyExcept(HexDigits)
            && header[LengthStart - 1] == (byte)' '
            && header[(LengthStart + LengthDigits)..].SequenceEqual("  \n"u8);
        if (!isWhole || !Utf8Parser.TryParse(digits, out long length, out int read) || read != LengthDigits)
        {
            throw Damaged(path, "its header is not that of an object");
        }

        long actual = RandomAccess.GetLength(file) - HeaderLength;
        return actual == length ? (Encoding.ASCII.GetString(version), length)
            : throw Damaged(path, string.Create(CultureInfo.InvariantCulture, $"it holds {actual} of {length} bytes"));
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> buffer, long offset, string path)
    {
        while (!buffer.IsEmpty)
        {
            int read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
            {
                throw Damaged(path, "it is cut short");
            }

            buffer = buffer[read..];
            offset += read;
        }
    }

    private static ObjectStoreException Damaged(string path, string what) =>
        new($"The file '{path}' is damaged: {what}. Restore it from a backup; deleting it removes the object.", isTransient: false);
}
