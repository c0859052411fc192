using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Vektagraf.Index;

namespace Vektagraf.Shards;

/// <summary>
/// Vectors in mapped files of a scratch directory, which the operating system takes out of memory when it needs room and reads back when they
/// are asked for. One file for each block.
/// </summary>
/// <remarks>
/// <para>A file's space is reserved before it is mapped, since a page that finds no room on a full disk would end the process. Where there is
/// none, the block goes to the heap: a full disk costs memory, not answers.</para>
/// <para>On Unix a file has no name any more when the first vector is written, so nothing is left behind however a process ends. On Windows it
/// goes with its last handle, and what a crash left goes when the next process begins.</para>
/// <para>The directory should be on a disk: in a memory file system nothing is saved.</para>
/// </remarks>
public sealed class ScratchVectors : VectorMemory
{
    private const string Extension = ".vektagraf-vectors";

    /// <summary>Smaller blocks stay on the heap: they cost less than a file.</summary>
    private const long SmallestBlock = 256 << 10;

    private readonly string _directory;
    private readonly long _smallestBlock;
    private long _refusedBytes;

    /// <summary>Makes the directory and removes what crashed processes left in it.</summary>
    /// <param name="directory">The scratch directory; several processes may share it.</param>
    /// <param name="smallestBlock">Blocks of fewer bytes are left to the heap.</param>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    public ScratchVectors(string directory, long smallestBlock = SmallestBlock)
    {
        _directory = Path.GetFullPath(directory);
        _smallestBlock = smallestBlock;
        Directory.CreateDirectory(_directory);
        foreach (string left in Directory.EnumerateFiles(_directory, "*" + Extension))
        {
            TryDelete(left);
        }
    }

    /// <summary>Bytes that had to go to the heap because the disk took no more.</summary>
    public long RefusedBytes => Volatile.Read(ref _refusedBytes);

    /// <inheritdoc/>
    public override SafeBuffer? Allocate(long bytes)
    {
        if (bytes < _smallestBlock)
        {
            return null;
        }

        try
        {
            return Map(bytes);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref _refusedBytes, bytes);
            return null;
        }
    }

    /// <inheritdoc/>
    public override void Settle(SafeBuffer block) => DropResident(block);

    private SafeMemoryMappedViewHandle Map(long bytes)
    {
        string path = Path.Combine(_directory, Path.GetRandomFileName() + Extension);
        bool keepsName = OperatingSystem.IsWindows();
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = keepsName ? FileOptions.DeleteOnClose : FileOptions.None,
            PreallocationSize = bytes,
            BufferSize = 0,
        });
        if (!keepsName)
        {
            File.Delete(path);
        }

        // Mapping and file may be closed at once: the view keeps what it needs, and its handle's finalizer releases that.
        using var mapping = MemoryMappedFile.CreateFromFile(file, mapName: null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        return mapping.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.ReadWrite).SafeMemoryMappedViewHandle;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Another process has it open.
        }
    }
}
