param suffix string
param location string
param tags object
param containerName string

@description('Principal that reads and writes the data.')
param principalId string

@description('Resource id of its identity: it makes the names of assignments.')
param identityId string

var blobDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'stdata${suffix}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
      lastAccessTimeTrackingPolicy: { enable: true }
    }

    resource container 'containers' = {
      name: containerName
    }
  }

  // Nothing is ever deleted by age: the database itself knows what nobody needs. What nobody reads is kept where keeping is cheaper.
  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'unread-to-cool'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['${containerName}/c/'] }
              actions: {
                baseBlob: {
                  tierToCool: { daysAfterLastAccessTimeGreaterThan: 30 }
                  enableAutoTierToHotFromCool: true
                }
              }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

// The container, not the account: the app needs no other one.
resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::container.id, identityId, blobDataContributor)
  scope: account::blobs::container
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataContributor
  }
}

output accountId string = account.id
output blobEndpoint string = account.properties.primaryEndpoints.blob
