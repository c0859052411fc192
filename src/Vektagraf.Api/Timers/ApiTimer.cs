namespace Vektagraf.Api.Timers;

/// <summary>Work that a host does by the clock. Every host makes its timers of these; when they run is the host's setting.</summary>
/// <param name="Name">Unique name in PascalCase; the function's name on Azure Functions.</param>
/// <param name="Summary">What it does, in one line.</param>
/// <param name="Handler">Does it. Safe to run twice at once and to be killed at any point; needs nothing in memory.</param>
public sealed record ApiTimer(string Name, string Summary, Func<VektagrafApi, CancellationToken, Task> Handler);
