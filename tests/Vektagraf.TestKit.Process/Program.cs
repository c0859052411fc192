// The child process of tests about several processes on one object store, and about processes that are killed.
//
//   <store> race <prefix> <slots> <name>     create-only puts of the same slots as the others; prints the slots won
//   <store> count <key> <times>              increments by compare-and-swap
//   <store> write <name> <seed>              puts and deletes until killed; prints what was acknowledged
//   <store> maintain <grace>                 folds, merges and collects the database in the store until killed, with a grace in
//                                            seconds; prints every change before it makes it
//
// <store> is "directory <root>" or "azure '<container> <connection string>'".
//
// Says "ready", and starts when it reads a line. Every line of output is flushed, and tells of something that has completed.
using Vektagraf.Azure;
using Vektagraf.Storage;
using Vektagraf.TestKit.Process;

IObjectStore store = args[0] switch
{
    "directory" => new DirectoryObjectStore(args[1]),
    "azure" => AzureBlobObjectStore.FromConnectionString(args[1][(args[1].IndexOf(' ') + 1)..], args[1][..args[1].IndexOf(' ')]),
    _ => throw new ArgumentException($"Unknown kind of store '{args[0]}'."),
};

Console.WriteLine("ready");
if (Console.ReadLine() is null)
{
    return 1;
}

string[] rest = args[3..];
await (args[2] switch
{
    "race" => StoreWorkload.RaceAsync(store, prefix: rest[0], slots: Number(rest[1]), name: rest[2]),
    "count" => StoreWorkload.CountAsync(store, key: rest[0], times: Number(rest[1])),
    "write" => StoreWorkload.WriteAsync(store, name: rest[0], seed: Number(rest[1])),
    "maintain" => DatabaseMaintenance.RunAsync(store, TimeSpan.FromSeconds(Number(rest[0]))),
    _ => throw new ArgumentException($"Unknown workload '{args[2]}'."),
});
return 0;

static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
