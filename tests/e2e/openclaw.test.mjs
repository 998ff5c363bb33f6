// One file, so that all flows share a host and a browser and none runs beside another.

import "./flows/plan.mjs";
import "./flows/variants.mjs";
import "./flows/batch.mjs";
import "./flows/refine.mjs";
import "./flows/jobs.mjs";
import "./flows/monitor.mjs";
import "./flows/template.mjs";
import "./flows/settings.mjs";
import "./flows/trouble.mjs";
import "./flows/keep.mjs";
import "./flows/node.mjs";
import "./flows/keyboard.mjs";
import "./flows/looks.mjs";
import "./flows/host.mjs";
