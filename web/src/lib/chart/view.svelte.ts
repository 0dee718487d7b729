// Whether the page shows its charts as tables: one key turns all of them.

class ChartView {
  tables = $state(false);
}

export const chartView = new ChartView();
