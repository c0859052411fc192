using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Vektagraf.Server.Http;
using Vektagraf.TestKit;

namespace Vektagraf.Server.Crash;

public sealed class ServerProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    private Task<Answer> SendAsync(ServerProcess server, HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers) =>
        Requests.SendAsync(_client, server.Address, method, path, content, headers);

    [Fact]
    public async Task Help_WhenAsked_NamesEveryOption()
    {
        var (code, output, _) = await ServerProcess.RunAsync("--help");
        Assert.Equal(0, code);
        Assert.All(["--data", "--blobs", "--azurite", "--container", "VEKTAGRAF_STORE_CONNECTION", "--host", "--port", "--sample", "--read-key", "--write-key", "--admin-key"], option => Assert.Contains(option, output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--host", "0.0.0.0")]
    [InlineData("--host", "192.0.2.1", "--read-key", "r", "--write-key", "w")]
    [InlineData("--host", "*", "--admin-key", "a")]
    [InlineData("--port", "70000")]
    [InlineData("--maintenance-seconds", "0.05")]
    [InlineData("--maintenance-seconds", "-1")]
    [InlineData("--memory-budget-mb", "-1")]
    [InlineData("--collection-grace-seconds", "0")]
    [InlineData("--azurite")]
    [InlineData("--blobs", "UseDevelopmentStorage=true")]
    [InlineData("--container", "things")]
    [InlineData("--sample", "unknown")]
    public async Task Start_WhenTheSettingsAreRefused_ExitsWith2AndSaysWhatToChange(params string[] arguments)
    {
        var (code, output, errors) = await ServerProcess.RunAsync(["--data", _directory.Path, .. arguments]);
        Assert.True(code == 2, errors);
        Assert.Empty(output);
        Assert.True(errors.Length > 40, errors);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        if (arguments[0] == "--host")
        {
            Assert.Contains("--read-key", errors, StringComparison.Ordinal);
            Assert.Contains("VEKTAGRAF_ADMIN_KEY", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_WhenOthersCanReachItButKeysAreComplete_ServesByKey()
    {
        using var server = await ServerProcess.StartAsync(_directory.Path, "--host", "0.0.0.0", "--read-key", "r", "--write-key", "w", "--admin-key", "a");
        using var client = new HttpClient();
        var address = new Uri($"http://127.0.0.1:{server.Address.Port}");
        (await Requests.SendAsync(client, address, HttpMethod.Get, "/api/collections", null)).IsProblem(HttpStatusCode.Unauthorized, "unauthorized");
        (await Requests.SendAsync(client, address, HttpMethod.Get, "/api/collections?code=r", null)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Start_WhenTheScratchDirectoryIsAFile_ExitsWith1AndNamesIt()
    {
        Directory.CreateDirectory(_directory.Path);
        var file = Path.Combine(_directory.Path, "not-a-directory");
        await File.WriteAllTextAsync(file, string.Empty);
        var (code, _, errors) = await ServerProcess.RunAsync("--data", Path.Combine(_directory.Path, "data"), "--port", "0", "--scratch", file);
        Assert.Equal(1, code);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenThePortIsInUse_ExitsWith1AndSaysSo()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var (code, _, errors) = await ServerProcess.RunAsync("--data", _directory.Path, "--port", port);
        Assert.Equal(1, code);
        Assert.Contains($"Port {port} is in use", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenTheDataDirectoryIsAFile_ExitsWith1AndSaysSo()
    {
        var file = Path.Combine(_directory.Path, "file");
        await File.WriteAllTextAsync(file, string.Empty);
        var (code, _, errors) = await ServerProcess.RunAsync("--data", file, "--port", "0");
        Assert.Equal(1, code);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no connection string", "--blobs", "certainly not")]
    [InlineData("only one of", "--blobs", "UseDevelopmentStorage=true", "--azurite")]
    [InlineData("'Things'", "--azurite", "--container", "Things")]
    [InlineData("'a--b'", "--azurite", "--container", "a--b")]
    public async Task Start_WhenTheBlobStorageIsMisnamed_ExitsWith2AndSaysWhatToChange(string expected, params string[] arguments)
    {
        var (code, output, errors) = await ServerProcess.RunAsync(arguments);
        Assert.Equal((2, string.Empty), (code, output));
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("certainly not", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenTheStorageAccountDoesNotAnswer_ExitsWith1AndKeepsTheKeyToItself()
    {
        // Nothing listens on the reserved port.
        const string Key = "c2VjcmV0";
        var (code, _, errors) = await ServerProcess.RunAsync(
            "--port", "0", "--blobs", $"DefaultEndpointsProtocol=http;AccountName=acc;AccountKey={Key};BlobEndpoint=http://127.0.0.1:1/acc;");
        Assert.Equal(1, code);
        Assert.Contains("container 'vektagraf'", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenTheEnvironmentNamesAStorageAccount_UsesItUnlessADirectoryIsGiven()
    {
        const string Nobody = "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/acc;";
        var (code, _, errors) = await ServerProcess.RunWithBlobsAsync(Nobody, "--port", "0");
        Assert.Equal(1, code);
        Assert.Contains("container 'vektagraf'", errors, StringComparison.Ordinal);

        // This setting is refused after the place of the database was found to be in order.
        (code, _, errors) = await ServerProcess.RunWithBlobsAsync(Nobody, "--data", _directory.Path, "--collection-grace-seconds", "0");
        Assert.Equal(2, code);
        Assert.Contains("--collection-grace-seconds", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_AfterAllKindsOfWrites_KeepsEverything()
    {
        string export;
        string session;
        string etag;
        using (var server = await ServerProcess.StartAsync(_directory.Path))
        {
            var put = Requests.Json("""{ "shards": 2, "vectors": { "e": { "dimensions": 2 } }, "fields": { "n": { "type": "number" } } }""");
            (await SendAsync(server, HttpMethod.Put, "/api/collections/c", put)).Is(HttpStatusCode.Created);
            var lines = string.Join('\n', Enumerable.Range(0, 300).Select(i => $$"""{ "id": "ö{{i}}", "properties": { "n": {{i}} }, "vectors": { "e": [1, {{i}}] } }"""));
            session = (await SendAsync(server, HttpMethod.Post, "/api/collections/c/objects:import", Requests.NdJson(lines))).Is(HttpStatusCode.OK).Session;
            await SendAsync(server, HttpMethod.Delete, "/api/collections/c/objects/%C3%B67");
            etag = (await SendAsync(server, HttpMethod.Put, "/api/collections/c/objects/once", Requests.Json("{}"), ("Idempotency-Key", "k"))).Is(HttpStatusCode.Created).ETag;
            export = (await SendAsync(server, HttpMethod.Get, "/api/collections/c/objects:export")).Text;
            server.Terminate();
            Assert.Equal((0, string.Empty), await server.WaitForExitAsync());
        }

        using var again = await ServerProcess.StartAsync(_directory.Path);
        Assert.Equal(export, (await SendAsync(again, HttpMethod.Get, "/api/collections/c/objects:export")).Text);
        var definition = (await SendAsync(again, HttpMethod.Get, "/api/collections/c")).Is(HttpStatusCode.OK).Json;
        Assert.Equal(300, definition["statistics"]!["objects"]!.GetValue<int>());
        Assert.Equal("cosine", definition["vectors"]!["e"]!["metric"]!.GetValue<string>());
        (await SendAsync(again, HttpMethod.Get, "/api/collections/c/objects/%C3%B67?session=" + session)).Is(HttpStatusCode.NotFound);

        // The key still knows its answer.
        Assert.Equal(etag, (await SendAsync(again, HttpMethod.Put, "/api/collections/c/objects/once", Requests.Json("{}"), ("Idempotency-Key", "k"))).Is(HttpStatusCode.Created).ETag);
    }

    [Fact]
    public async Task Terminate_WhileARequestIsInProgress_AnswersItBeforeTheEnd()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGTERM.");
        // Longer than the two seconds that command-line libraries commonly allow; the time is the scenario, not a wait for a result.
        var slow = TimeSpan.FromSeconds(2.5);
        using var server = await ServerProcess.StartAsync(_directory.Path);
        (await SendAsync(server, HttpMethod.Put, "/api/collections/c", Requests.Json("{}"))).Is(HttpStatusCode.Created);
        using var upload = new PausedContent();
        var import = SendAsync(server, HttpMethod.Post, "/api/collections/c/objects:import", upload);
        await upload.Started;

        server.Terminate();
        await UntilRefusedAsync(server.Address);
        await Task.Delay(slow, TestContext.Current.CancellationToken);
        upload.Resume();

        Assert.Equal(2, (await import).Is(HttpStatusCode.OK).Json["imported"]!.GetValue<int>());
        Assert.Equal((0, string.Empty), await server.WaitForExitAsync());

        using var again = await ServerProcess.StartAsync(_directory.Path);
        Assert.Equal(2, (await SendAsync(again, HttpMethod.Get, "/api/collections/c")).Json["statistics"]!["objects"]!.GetValue<int>());
    }

    [Fact]
    public async Task Import_WhateverItsLength_TakesBoundedMemory()
    {
        const int Objects = 20_000;
        const int Padding = 8_000;
        const long Bound = 100 << 20;
        using var server = await ServerProcess.StartAsync(_directory.Path);
        (await SendAsync(server, HttpMethod.Put, "/api/collections/c", Requests.Json("{}"))).Is(HttpStatusCode.Created);
        (await SendAsync(server, HttpMethod.Post, "/api/collections/c/objects:import", new PaddedLines(Objects / 100, Padding))).Is(HttpStatusCode.OK);
        var before = server.PeakMemory;

        // 160 MB, of which hardly anything is stored: white space between the members.
        var answer = (await SendAsync(server, HttpMethod.Post, "/api/collections/c/objects:import", new PaddedLines(Objects, Padding))).Is(HttpStatusCode.OK);
        Assert.Equal(Objects, answer.Json["imported"]!.GetValue<int>());
        var grown = server.PeakMemory - before;
        Assert.True(grown < Bound, string.Create(CultureInfo.InvariantCulture, $"Grown by {grown:N0} bytes over {Objects * (long)Padding:N0} of input."));
    }

    private static async Task UntilRefusedAsync(Uri address)
    {
        while (true)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                return;
            }

            await Task.Yield();
        }
    }

    /// <summary>Two lines; the second is sent when the test says so.</summary>
    private sealed class PausedContent : HttpContent
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        public void Resume() => _resumed.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // Long enough that the pause after it does not make the average a rate that the server gives up on.
            await stream.WriteAsync(Encoding.UTF8.GetBytes("{\"id\":\"a\"" + new string(' ', 50_000) + "}\n"));
            await stream.FlushAsync();
            _started.SetResult();
            await _resumed.Task;
            await stream.WriteAsync(Encoding.UTF8.GetBytes("{\"id\":\"b\"}\n"));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class PaddedLines(int lines, int padding) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var spaces = new string(' ', padding);
            for (var i = 0; i < lines; i++)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"o{i}\",{spaces}\"properties\":{{\"n\":{i}}}}}\n")));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
