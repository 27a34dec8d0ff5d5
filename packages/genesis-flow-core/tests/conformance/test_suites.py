"""MLflow's SQL stores pass every suite; what they do is what the suites ask."""

from __future__ import annotations

from genesis_flow.testing.suites.experiments import (
    CreateExperimentSuite,
    ExperimentLifeSuite,
    ExperimentTagsSuite,
)


class TestCreateExperiment(CreateExperimentSuite): ...


class TestExperimentLife(ExperimentLifeSuite): ...


class TestExperimentTags(ExperimentTagsSuite): ...


from genesis_flow.testing.suites.runs import *


class TestCreateRun(CreateRunSuite): ...


class TestRunLife(RunLifeSuite): ...


from genesis_flow.testing.suites.metrics import *


class TestMetricValues(MetricValuesSuite): ...


class TestLatest(LatestMetricSuite): ...


class TestHistory(MetricHistorySuite): ...


from genesis_flow.testing.suites.bulk_metrics import *
from genesis_flow.testing.suites.params_tags import *
from genesis_flow.testing.suites.batches import *


class TestBulk(BulkMetricsSuite): ...


class TestSampled(SampledMetricsSuite): ...


class TestParams(ParamsSuite): ...


class TestTags(TagsSuite): ...


class TestBatches(BatchesSuite): ...


from genesis_flow.testing.suites.search_runs import *
from genesis_flow.testing.suites.order_runs import *


class TestFilterRuns(FilterRunsSuite): ...


class TestOrderRuns(OrderRunsSuite): ...


class TestRunPages(RunPagesSuite): ...


from genesis_flow.testing.suites.search_experiments import *
from genesis_flow.testing.suites.inputs_outputs import *


class TestFilterExp(FilterExperimentsSuite): ...


class TestOrderExp(OrderExperimentsSuite): ...


class TestDatasetI(DatasetInputsSuite): ...


class TestDatasetS(DatasetSummariesSuite): ...


class TestModelLinks(ModelLinksSuite): ...


from genesis_flow.testing.suites.logged_models import *
from genesis_flow.testing.suites.search_logged_models import *


class TestLMLife(LoggedModelLifeSuite): ...


class TestLMData(LoggedModelDataSuite): ...


class TestLMFilter(FilterLoggedModelsSuite): ...


class TestLMOrder(OrderLoggedModelsSuite): ...
