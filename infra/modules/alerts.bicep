param suffix string
param location string
param tags object
param emails string[]
param componentId string
param storageId string
param cosmosId string
param recallThreshold string

var queries = [
  {
    name: 'errors'
    description: 'More than one in a hundred operations fails on our side.'
    severity: 1
    query: 'customMetrics | where name == "db.client.operation.duration" | extend failed = iff(tostring(customDimensions["db.response.status_code"]) startswith "5", valueCount, 0) | summarize operations = sum(valueCount), failures = sum(failed) | where operations > 20 and failures > operations / 100'
  }
  {
    name: 'latency'
    description: 'The mean of searches is above a second.'
    severity: 2
    query: 'customMetrics | where name == "db.client.operation.duration" and tostring(customDimensions["db.operation.name"]) == "Search" | summarize mean = sum(value) / sum(valueCount) | where mean > 1'
  }
  {
    name: 'recall'
    description: 'Searches of a collection are expected to find less than they should.'
    severity: 2
    query: 'customMetrics | where name == "vektagraf.search.expected_recall" | summarize recall = sum(value) / sum(valueCount) by collection = tostring(customDimensions["db.collection.name"]) | where recall < ${recallThreshold}'
  }
  {
    name: 'fold-lag'
    description: 'Logs are not folded: maintenance does not run, or fails.'
    severity: 2
    query: 'customMetrics | where name == "vektagraf.collection.fold.lag" | summarize lag = max(valueMax) by collection = tostring(customDimensions["db.collection.name"]) | join kind=inner (customMetrics | where name == "vektagraf.collection.tail.length" | summarize tail = max(valueMax) by collection = tostring(customDimensions["db.collection.name"])) on collection | where lag > 3600 and tail > 256'
  }
  {
    name: 'maintenance'
    description: 'Maintenance fails again and again.'
    severity: 2
    query: 'customMetrics | where name == "vektagraf.maintenance.duration" and tostring(customDimensions["vektagraf.outcome"]) == "failure" | summarize failures = sum(valueCount) | where failures > 3'
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-vektagraf-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'vektagraf'
    enabled: true
    emailReceivers: [
      for (email, i) in emails: { name: 'email-${i}', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in queries: {
    name: 'alert-${rule.name}-${suffix}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Vektagraf: ${rule.name}'
      description: rule.description
      severity: rule.severity
      enabled: true
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      scopes: [componentId]
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [group.id] }
    }
  }
]

resource storageAvailability 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-storage-availability-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The account that holds the data refuses or fails requests.'
    severity: 1
    enabled: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    scopes: [storageId]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'availability'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Availability'
          timeAggregation: 'Average'
          operator: 'LessThan'
          threshold: 99
        }
      ]
    }
    actions: [{ actionGroupId: group.id }]
  }
}

resource cosmosThrottling 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-cosmos-throttling-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Cosmos DB refuses requests for their rate: what is recorded of queries comes late.'
    severity: 3
    enabled: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    scopes: [cosmosId]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
          metricName: 'TotalRequests'
          dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 100
        }
      ]
    }
    actions: [{ actionGroupId: group.id }]
  }
}
