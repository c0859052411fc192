using Vektagraf.Benchmarks;
using Vektagraf.Benchmarks.Caching;
using Vektagraf.Benchmarks.Flat;
using Vektagraf.Benchmarks.Hnsw;
using Vektagraf.Benchmarks.Ivf;
using Vektagraf.Benchmarks.Kernels;
using Vektagraf.Benchmarks.Query;
using Vektagraf.Benchmarks.Server;
using Vektagraf.Benchmarks.Sparse;
using Vektagraf.Benchmarks.Storage;
using Vektagraf.Benchmarks.Text;

// A new verb is a class beside these and a line here.
IBenchmarkCommand[] commands =
[
    new KernelsCommand(),
    new FlatCommand(),
    new HnswCommand(),
    new ResidentCommand(),
    new IvfCommand(),
    new ColdSearchCommand(),
    new IngestCommand(),
    new ServerCommand(),
    new HttpCommand(),
    new StorageCommand(),
    new TextCommand(),
    new SparseCommand(),
    new QueryCommand(),
    new CacheCommand(),
];

IBenchmarkCommand? chosen = args.Length == 0 ? null : Array.Find(commands, command => command.Verb == args[0]);
if (chosen is not null)
{
    return chosen.Run(args.AsSpan(1), Console.Out);
}

Console.Error.WriteLine("usage: dotnet run -c Release --project tests/Vektagraf.Benchmarks -- VERB [arguments]");
foreach (IBenchmarkCommand command in commands)
{
    Console.Error.WriteLine($"  {command.Verb,-10} {command.Description}");
}

return 2;
