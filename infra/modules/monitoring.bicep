param suffix string
param location string
param tags object

@description('Principal that sends telemetry.')
param principalId string

@description('Resource id of its identity: it makes the names of assignments.')
param identityId string

var metricsPublisher = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')
var charts = loadJsonContent('../charts.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-vektagraf-${suffix}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    features: { disableLocalAuth: true }
    workspaceCapping: { dailyQuotaGb: 5 }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-vektagraf-${suffix}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, identityId, metricsPublisher)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: metricsPublisher
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(component.id, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Vektagraf'
    category: 'workbook'
    sourceId: component.id
    version: 'Notebook/1.0'
    serializedData: string({
      version: 'Notebook/1.0'
      items: map(charts, (chart, i) => {
        type: 3
        name: 'chart-${i}'
        customWidth: '50'
        content: {
          version: 'KqlItem/1.0'
          title: chart.title
          query: chart.query
          size: 0
          timeContext: { durationMs: 86400000 }
          queryType: chart.source == 'graph' ? 1 : 0
          resourceType: chart.source == 'graph' ? 'microsoft.resourcegraph/resources' : 'microsoft.insights/components'
          crossComponentResources: [chart.source == 'graph' ? subscription().id : component.id]
          visualization: chart.visualization
        }
      })
      fallbackResourceIds: [component.id]
    })
  }
}

resource dashboard 'Microsoft.Portal/dashboards@2022-12-01-preview' = {
  name: 'dash-vektagraf-${suffix}'
  location: location
  tags: union(tags, { 'hidden-title': 'Vektagraf' })
  properties: {
    lenses: [
      {
        order: 0
        parts: map(charts, (chart, i) => {
          position: { x: 6 * (i % 2), y: 4 * (i / 2), colSpan: 6, rowSpan: 4 }
          // The types know one kind of part; the portal knows more.
          metadata: any({
            type: chart.source == 'graph' ? 'Extension/HubsExtension/PartType/ArgQueryGridTile' : 'Extension/Microsoft_OperationsManagementSuite_Workspace/PartType/LogsDashboardPart'
            inputs: chart.source == 'graph' ? [
              { name: 'query', value: chart.query, isOptional: true }
              { name: 'partTitle', value: chart.title, isOptional: true }
              { name: 'queryScope', value: { scope: 1, values: [subscription().subscriptionId] }, isOptional: true }
            ] : [
              { name: 'Scope', value: { resourceIds: [component.id] } }
              { name: 'PartId', value: guid(component.id, string(i)) }
              { name: 'Version', value: '2.0' }
              { name: 'TimeRange', value: 'P1D' }
              { name: 'Query', value: chart.query }
              { name: 'ControlType', value: chart.visualization == 'table' ? 'AnalyticsGrid' : 'FrameControlChart' }
              { name: 'SpecificChart', value: 'Line', isOptional: true }
              { name: 'PartTitle', value: chart.title }
              { name: 'PartSubTitle', value: component.name }
            ]
            settings: {}
          })
        })
      }
    ]
    metadata: { model: {} }
  }
}

output componentId string = component.id
output connectionString string = component.properties.ConnectionString
