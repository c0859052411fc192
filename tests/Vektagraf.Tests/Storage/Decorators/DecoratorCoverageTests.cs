using Vektagraf.Storage;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage.Decorators;

public class DecoratorCoverageTests
{
    [Fact]
    public void EveryDecorator_OfTheEngine_HasAContractTestClass()
    {
        Type[] decorators = [.. typeof(IObjectStore).Assembly.GetTypes().Where(IsDecorator)];
        HashSet<Type> tested = [.. typeof(DecoratorCoverageTests).Assembly.GetTypes().Where(t => !t.IsAbstract).Select(StoreTestedBy).OfType<Type>()];
        Assert.NotEmpty(decorators);
        Assert.All(decorators, d => Assert.Contains(d, tested));
    }

    private static bool IsDecorator(Type type) =>
        type is { IsClass: true, IsAbstract: false }
        && typeof(IObjectStore).IsAssignableFrom(type)
        && type.GetConstructors().Any(c => c.GetParameters().Any(p => p.ParameterType == typeof(IObjectStore)));

    private static Type? StoreTestedBy(Type testClass)
    {
        Type? type = testClass.BaseType;
        while (type is not null && !(type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ObjectStoreContract<>)))
        {
            type = type.BaseType;
        }

        return type?.GetGenericArguments()[0];
    }
}
