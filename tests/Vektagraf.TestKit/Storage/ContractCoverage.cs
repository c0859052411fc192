using System.Reflection;
using Vektagraf.Storage;
using Xunit;

namespace Vektagraf.TestKit.Storage;

/// <summary>Holds that no implementation escapes the contract suite.</summary>
public static class ContractCoverage
{
    /// <summary>Fails unless every store of the product assembly has a contract test class in the test assembly.</summary>
    /// <remarks>A decorator, recognised by a constructor that takes an <see cref="IObjectStore"/>, is not asked for: its promise is
    /// that of the store below it.</remarks>
    public static void AssertEveryStoreIsTested(Assembly product, Assembly tests)
    {
        Type[] stores = [.. product.GetTypes().Where(IsStore)];
        HashSet<Type> tested = [.. tests.GetTypes().Where(t => !t.IsAbstract).Select(StoreTestedBy).OfType<Type>()];
        Assert.NotEmpty(stores);
        Assert.All(stores, store => Assert.True(
            tested.Contains(store), $"{store} has no test class that inherits {nameof(ObjectStoreContract<>)}<{store.Name}>."));
    }

    private static bool IsStore(Type type) =>
        type is { IsClass: true, IsAbstract: false }
        && typeof(IObjectStore).IsAssignableFrom(type)
        && !type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Any(c => c.GetParameters().Any(p => p.ParameterType == typeof(IObjectStore)));

    private static Type? StoreTestedBy(Type testClass)
    {
        for (Type? type = testClass.BaseType; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ObjectStoreContract<>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return null;
    }
}
