using System.Globalization;
using System.Text;
using Vektagraf.Storage;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.TestKit.Process;

/// <summary>What a child process does to a store.</summary>
internal static class StoreWorkload
{
    /// <summary>Tries to create every slot.</summary>
    public static async Task RaceAsync(IObjectStore store, string prefix, int slots, string name)
    {
        for (int slot = 0; slot < slots; slot++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"{prefix}{slot:D20}");
            if ((await store.PutAsync(key, Encoding.UTF8.GetBytes(name), PutCondition.Absent)).Written)
            {
                Say($"won {key}");
            }
        }
    }

    /// <summary>Increments a number in an object.</summary>
    public static async Task CountAsync(IObjectStore store, string key, int times)
    {
        for (int done = 0; done < times;)
        {
            GetResult current = await store.GetAsync(key);
            int next = int.Parse(Encoding.UTF8.GetString(current.Content.Span), CultureInfo.InvariantCulture) + 1;
            byte[] content = Encoding.UTF8.GetBytes(next.ToString(CultureInfo.InvariantCulture));
            if ((await store.PutAsync(key, content, PutCondition.Match(current.ETag!))).Written)
            {
                done++;
                Say(string.Create(CultureInfo.InvariantCulture, $"swapped {next}"));
            }
        }
    }

    /// <summary>Creates own objects, replaces shared ones, and deletes some of its own, for as long as it lives.</summary>
    public static async Task WriteAsync(IObjectStore store, string name, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; ; i++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"own/{name}/{i / 4}/{i}");
            int length = random.Next(4) == 0 ? random.Next(300_000) : random.Next(2_000);
            await store.PutAsync(key, SelfDescribingContent.Create(((long)seed << 32) + i, length), PutCondition.Absent);
            Say($"put {key}");
            string shared = string.Create(CultureInfo.InvariantCulture, $"shared/{random.Next(3)}");
            await store.PutAsync(shared, SelfDescribingContent.Create(random.NextInt64(), length), PutCondition.None);
            if (random.Next(2) == 0)
            {
                Say($"deleting {key}");
                await store.DeleteAsync(key);
                Say($"deleted {key}");
            }
        }
    }

    /// <summary>Prints a line.</summary>
    /// <remarks>Console.Out flushes after every write, in one call to the kernel: a killed process leaves no half line.</remarks>
    public static void Say(string line) => Console.Out.Write(line + "\n");
}
