using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Vektagraf;
using Vektagraf.Server;
using Vektagraf.Server.Samples;
using Vektagraf.Storage;

return await CommandLine.InvokeAsync(args, RunAsync);

static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancellationToken)
{
    try
    {
        await using var server = await VektagrafServer.StartAsync(settings, cancellationToken);
        var startup = TimeProvider.System.GetLocalNow().DateTime - Process.GetCurrentProcess().StartTime;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Vektagraf serves {settings.Store} at {server.Address} (ready after {startup.TotalMilliseconds:F0} ms). Ctrl+C stops it."));
        if (settings.Sample is not null)
        {
            await DotnetDocsLoader.LoadAsync(server.Database, server.Stopping);
            Console.WriteLine($"Search it: {server.Address}");
        }

        await server.WarmAsync();
        await server.WaitForShutdownAsync();
        return 0;
    }
    catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
    {
        await Console.Error.WriteLineAsync($"Port {settings.Port} is in use. Stop what listens there, or pass --port with another one.");
        return 1;
    }
    catch (Exception e) when (e is VektagrafException or ObjectStoreException or IOException or UnauthorizedAccessException or SocketException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
    catch (OperationCanceledException)
    {
        return 0;
    }
}
