// The page: dashboards, their panels, the SQL page and what runs.

import "uplot/dist/uPlot.min.css";
import "./style.css";
import "./page/page.css";
import { App } from "./page/app";
import { applyTheme } from "./page/themes";

applyTheme();
new App().start();
