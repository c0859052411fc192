targetScope = 'resourceGroup'

@description('Short name of the environment; part of all names.')
@minLength(2)
@maxLength(16)
param environmentName string

@description('Region of everything but further nodes.')
param location string = resourceGroup().location

@description('Regions of further function apps on the same data, none by default. Each is a cache and an executor; the data stay where they are.')
param nodeLocations string[] = []

@description('Memory of an instance in megabytes: collections are searched in it.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 4096

@description('Instances that are kept warm for HTTP; 0 to pay for none, at the price of cold starts.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('Most instances that an app scales out to.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 100

@description('Requests that an instance works on at once.')
@minValue(1)
@maxValue(1000)
param concurrentRequests int = 64

@description('Share of ordinary traces that are kept; errors and slow requests always are.')
param samplingRatio string = '0.1'

@description('Addresses that alerts are sent to.')
param alertEmails string[] = []

@description('Recall below which an alert is raised.')
param recallThreshold string = '0.9'

var suffix = uniqueString(subscription().id, resourceGroup().id, environmentName)
var tags = {
  'azd-env-name': environmentName
  application: 'vektagraf'
}
var containerName = 'vektagraf'
var databaseName = 'vektagraf'
var insightsContainerName = 'insights'
var places = concat([location], nodeLocations)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-vektagraf-${suffix}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    suffix: suffix
    location: location
    tags: tags
    identityId: identity.id
    principalId: identity.properties.principalId
  }
}

module data 'modules/data.bicep' = {
  name: 'data'
  params: {
    suffix: suffix
    location: location
    tags: tags
    containerName: containerName
    identityId: identity.id
    principalId: identity.properties.principalId
  }
}

module insights 'modules/cosmos.bicep' = {
  name: 'insights'
  params: {
    suffix: suffix
    location: location
    tags: tags
    databaseName: databaseName
    containerName: insightsContainerName
    identityId: identity.id
    principalId: identity.properties.principalId
  }
}

module apps 'modules/app.bicep' = [
  for (place, i) in places: {
    name: 'app-${i}'
    params: {
      name: i == 0 ? 'func-vektagraf-${suffix}' : 'func-vektagraf-${suffix}-${i}'
      service: i == 0 ? 'api' : 'api-${i}'
      suffix: uniqueString(suffix, string(i))
      location: place
      tags: tags
      identityId: identity.id
      identityClientId: identity.properties.clientId
      principalId: identity.properties.principalId
      instanceMemoryMB: instanceMemoryMB
      alwaysReadyInstances: alwaysReadyInstances
      maximumInstances: maximumInstances
      concurrentRequests: concurrentRequests
      settings: {
        VEKTAGRAF_STORE_URI: data.outputs.blobEndpoint
        VEKTAGRAF_STORE_CONTAINER: containerName
        VEKTAGRAF_COSMOS_ENDPOINT: insights.outputs.endpoint
        VEKTAGRAF_COSMOS_DATABASE: databaseName
        VEKTAGRAF_COSMOS_CONTAINER: insightsContainerName
        VEKTAGRAF_CONCURRENT_REQUESTS: string(concurrentRequests)
        VEKTAGRAF_SCHEDULE_COMPACT: '0 */1 * * * *'
        VEKTAGRAF_SCHEDULE_COLLECT_GARBAGE: '30 */15 * * * *'
        VEKTAGRAF_SCHEDULE_RECOMMEND: '0 7 * * * *'
        VEKTAGRAF_SCHEDULE_CHECK_THRESHOLDS: '45 */5 * * * *'
        VEKTAGRAF_SCHEDULE_PROBE_RECALL: '0 37 * * * *'
        VEKTAGRAF_SCHEDULE_HEARTBEAT: '15 */5 * * * *'
        VEKTAGRAF_TELEMETRY_SAMPLING_RATIO: samplingRatio
        APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identity.properties.clientId}'
        AZURE_CLIENT_ID: identity.properties.clientId
      }
    }
  }
]

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    suffix: suffix
    location: location
    tags: tags
    emails: alertEmails
    componentId: monitoring.outputs.componentId
    storageId: data.outputs.accountId
    cosmosId: insights.outputs.accountId
    recallThreshold: recallThreshold
  }
}

@description('Addresses of the apps, the first region first.')
output endpoints string[] = [for (place, i) in places: apps[i].outputs.endpoint]
