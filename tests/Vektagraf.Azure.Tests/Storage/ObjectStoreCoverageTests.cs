using Vektagraf.TestKit.Services;
using Vektagraf.TestKit.Storage;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Vektagraf.Azure.Tests.Storage;

public class ObjectStoreCoverageTests
{
    [Fact]
    public void EveryObjectStore_OnAzure_HasAContractTestClass() =>
        ContractCoverage.AssertEveryStoreIsTested(typeof(AzureBlobObjectStore).Assembly, typeof(ObjectStoreCoverageTests).Assembly);
}
