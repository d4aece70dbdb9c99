/** What the dashboards have in common: a time series or a figure from the Prometheus that the reader chooses. */
import { LegendDisplayMode, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** A name of the series, perhaps with `{{label}}`, and its query. */
type Queries = [legend: string, query: string][]

export interface Panel {
  title: string
  /** What to make of it. */
  about: string
  /** Grafana's name of the unit. */
  unit: string
  queries: Queries
  /** Where it becomes yellow, and where red. */
  limits?: [warn: number, bad: number]
  /** The newest value alone, large. */
  figure?: true
  max?: number
}

export interface Board {
  /** File and address. */
  name: string
  title: string
  description: string
  rows: [title: string, panels: Panel[]][]
}

const source = { type: 'prometheus', uid: '${datasource}' }

export function dashboard({ name, title, description, rows }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(`drillbook-${name}`)
    .description(description)
    .tags(['drillbook'])
    .timezone('utc')
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
  for (const [heading, panels] of rows) {
    builder.withRow(new RowBuilder(heading))
    for (const panel of panels) builder.withPanel(panel.figure ? figure(panel) : series(panel))
  }
  return builder.build()
}

function series(panel: Panel) {
  const legend = new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).showLegend(true)
  const built = common(new SeriesBuilder(), panel).legend(legend).fillOpacity(10).span(12).height(7).min(0)
  return panel.max === undefined ? built : built.max(panel.max)
}

const figure = (panel: Panel) => common(new StatBuilder(), panel).span(6).height(4)

function common<Builder extends SeriesBuilder | StatBuilder>(builder: Builder, panel: Panel): Builder {
  const { title, about, unit, queries, limits } = panel
  builder.title(title).description(about).unit(unit).datasource(source)
  for (const [legend, query] of queries) {
    const target = new DataqueryBuilder().expr(query).legendFormat(legend).datasource(source)
    builder.withTarget(panel.figure ? target.instant() : target.range())
  }
  if (limits) builder.thresholds(steps(limits))
  return builder
}

/** Green, then yellow and red; where less is worse, the other way round. */
function steps([warn, bad]: [number, number]) {
  const [first, middle, last] = warn < bad ? ['green', 'yellow', 'red'] : ['red', 'yellow', 'green']
  const [low, high] = warn < bad ? [warn, bad] : [bad, warn]
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    // Grafana's own way to say: from the smallest value on.
    { value: null, color: first ?? '' },
    { value: low, color: middle ?? '' },
    { value: high, color: last ?? '' },
  ])
}
