using System.Net;
using System.Net.Sockets;

namespace Vektagraf.Server;

/// <summary>A way to a service of this machine that can be closed and opened; it begins closed. Connections made while it is closed end at once.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly Uri _service;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    public TcpRelay(Uri service)
    {
        _service = service;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public bool IsUp { get; set; }

    /// <summary>Connections that were tried.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relayed = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                if (IsUp)
                {
                    relayed.Add(RelayAsync(client));
                }
                else
                {
                    client.Dispose();
                }
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(relayed);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var service = new TcpClient();
        using (client)
        {
            try
            {
                await service.ConnectAsync(_service.Host, _service.Port, _stop.Token);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(service.GetStream(), _stop.Token),
                    service.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Either end is gone.
            }
        }
    }
}
