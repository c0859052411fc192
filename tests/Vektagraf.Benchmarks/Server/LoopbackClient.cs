using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Vektagraf.Benchmarks.Server;

/// <summary>One connection that sends requests made beforehand and reads answers without looking into them: what it takes itself is next to nothing.</summary>
internal sealed class LoopbackClient : IDisposable
{
    private static readonly byte[] EndOfChunks = "\r\n0\r\n\r\n"u8.ToArray();

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[1 << 20];

    public LoopbackClient(Uri server) => _socket.Connect(new IPEndPoint(IPAddress.Loopback, server.Port));

    /// <summary>A request as it goes over the wire.</summary>
    public static byte[] Request(Uri server, string path, string body) =>
        Encoding.UTF8.GetBytes($"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>Sends a request and waits for the whole answer.</summary>
    /// <returns>Bytes of the answer, which is one of success.</returns>
    public int Send(byte[] request)
    {
        _socket.Send(request);
        int length = 0;
        do
        {
            int read = _socket.Receive(_answer, length, _answer.Length - length, SocketFlags.None);
            length += read > 0 ? read : throw new InvalidOperationException("The server closed the connection.");
        }
        while (!_answer.AsSpan(0, length).EndsWith(EndOfChunks));

        return _answer.AsSpan(0, length).StartsWith("HTTP/1.1 200"u8) ? length : throw new InvalidOperationException(Encoding.UTF8.GetString(_answer, 0, length));
    }

    public void Dispose() => _socket.Dispose();
}
