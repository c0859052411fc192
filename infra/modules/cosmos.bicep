param suffix string
param location string
param tags object
param databaseName string
param containerName string

@description('Principal that reads and writes the documents.')
param principalId string

@description('Resource id of its identity: it makes the names of assignments.')
param identityId string

// "Cosmos DB Built-in Data Contributor": a role of the account's data, not of Azure's control.
var dataContributor = '00000000-0000-0000-0000-000000000002'

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: 'cosmos-vektagraf-${suffix}'
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [{ name: 'EnableServerless' }]
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    disableLocalAuth: true
    minimalTlsVersion: 'Tls12'
  }

  resource database 'sqlDatabases' = {
    name: databaseName
    properties: { resource: { id: databaseName } }

    // As InsightContainer defines it; a test compares them.
    resource container 'containers' = {
      name: containerName
      properties: {
        resource: {
          id: containerName
          partitionKey: { kind: 'Hash', version: 2, paths: ['/partition'] }
          defaultTtl: -1
          indexingPolicy: {
            automatic: true
            indexingMode: 'consistent'
            includedPaths: [{ path: '/at/?' }]
            excludedPaths: [{ path: '/*' }]
          }
        }
      }
    }
  }

  resource access 'sqlRoleAssignments' = {
    name: guid(account.id, identityId, dataContributor)
    properties: {
      principalId: principalId
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${dataContributor}'
      scope: '${account.id}/dbs/${databaseName}'
    }
    dependsOn: [database]
  }
}

output accountId string = account.id
output endpoint string = account.properties.documentEndpoint
