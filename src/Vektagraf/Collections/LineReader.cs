using System.Buffers;
using System.IO.Pipelines;

namespace Vektagraf.Collections;

/// <summary>A line of a stream.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Bytes">Its bytes without the line break; valid until the next line is read. Empty where it is too long.</param>
/// <param name="IsTooLong">Whether it exceeds the limit.</param>
internal readonly record struct NumberedLine(long Number, ReadOnlyMemory<byte> Bytes, bool IsTooLong)
{
    public bool IsBlank => Bytes.Span.IndexOfAnyExcept(" \t\r"u8) < 0;
}

/// <summary>Splits a byte stream into lines in bounded memory: of a line beyond the limit no more than the limit is ever held.</summary>
internal sealed class LineReader(PipeReader pipe, int maxLineBytes)
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private byte[] _line = new byte[4096];
    private SequencePosition? _consumed;
    private ReadOnlySequence<byte> _buffer;
    private bool _isCompleted;
    private long _number;

    /// <summary>Reads the next line.</summary>
    /// <returns>Null at the end of the stream.</returns>
    public async ValueTask<NumberedLine?> ReadAsync(CancellationToken cancellationToken)
    {
        var length = 0L;
        while (true)
        {
            if (_buffer.IsEmpty && !await FillAsync(cancellationToken))
            {
                // The last line need not end with a break.
                return length > 0 ? Finish(length) : null;
            }

            var end = _buffer.PositionOf((byte)'\n');
            var part = end is { } position ? _buffer.Slice(0, position) : _buffer;
            Keep(part, length);
            length += part.Length;
            _buffer = end is { } newLine ? _buffer.Slice(_buffer.GetPosition(1, newLine)) : _buffer.Slice(_buffer.End);
            _consumed = _buffer.Start;
            if (end is not null)
            {
                return Finish(length);
            }
        }
    }

    private NumberedLine Finish(long length)
    {
        _number++;
        if (length > maxLineBytes)
        {
            return new NumberedLine(_number, ReadOnlyMemory<byte>.Empty, IsTooLong: true);
        }

        ReadOnlyMemory<byte> bytes = _line.AsMemory(0, (int)length);
        return new NumberedLine(_number, _number == 1 && bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes, IsTooLong: false);
    }

    private void Keep(ReadOnlySequence<byte> part, long offset)
    {
        if (offset + part.Length > maxLineBytes)
        {
            return;
        }

        var needed = (int)(offset + part.Length);
        if (needed > _line.Length)
        {
            Array.Resize(ref _line, Math.Max(needed, Math.Min(maxLineBytes, _line.Length * 2)));
        }

        part.CopyTo(_line.AsSpan((int)offset));
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_consumed is { } consumed)
        {
            pipe.AdvanceTo(consumed);
            _consumed = null;
        }

        while (!_isCompleted)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            _isCompleted = read.IsCompleted;
            _buffer = read.Buffer;
            if (!_buffer.IsEmpty)
            {
                _consumed = _buffer.Start;
                return true;
            }

            pipe.AdvanceTo(_buffer.Start);
        }

        return false;
    }
}
