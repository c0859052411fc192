using Vektagraf.Storage;
using Vektagraf.TestKit.Storage;

namespace Vektagraf.Tests.Storage;

public class ObjectStoreCoverageTests
{
    [Fact]
    public void EveryObjectStore_OfTheEngine_HasAContractTestClass() =>
        ContractCoverage.AssertEveryStoreIsTested(typeof(IObjectStore).Assembly, typeof(ObjectStoreCoverageTests).Assembly);
}
