"""What this tracking store does not do yet, declared with its reason: each of these answers 501.

The parity test compares this list with the installed MLflow: a method is implemented, declared here, or one
whose default in MLflow's base class does the right thing (`INHERITED`).
"""

from __future__ import annotations

from mlflow.store.tracking.abstract_store import AbstractStore

from genesis_flow_mongo.refusals import refuses

_AREAS: dict[str, str] = {
    "traces, spans and assessments are not stored yet.": """
        start_trace get_trace_info get_trace batch_get_traces batch_get_trace_infos search_traces
        set_trace_tag delete_trace_tag delete_traces _delete_traces log_spans log_spans_async
        create_assessment get_assessment update_assessment delete_assessment link_traces_to_run
        unlink_traces_from_run link_prompts_to_trace calculate_trace_filter_correlation
        find_completed_sessions query_trace_metrics archive_traces get_online_trace_details
        deprecated_start_trace_v2 deprecated_end_trace_v2
    """,
    "issues rest on traces, which are not stored yet.": """
        create_issue get_issue update_issue search_issues
    """,
    "evaluation datasets are not stored yet.": """
        create_dataset get_dataset delete_dataset search_datasets upsert_dataset_records
        delete_dataset_records set_dataset_tags delete_dataset_tag get_dataset_experiment_ids
        _load_dataset_records add_dataset_to_experiments remove_dataset_from_experiments
    """,
    "scorers are not stored yet.": """
        register_scorer list_scorers list_scorers_across_experiments get_scorer list_scorer_versions
        delete_scorer upsert_online_scoring_config get_online_scoring_configs get_active_online_scorers
        resolve_endpoint_in_scorer
    """,
    "label schemas and review queues are not stored yet.": """
        create_label_schema get_label_schema get_label_schema_by_name list_label_schemas
        update_label_schema delete_label_schema create_review_queue get_or_create_user_queue
        get_review_queue get_review_queue_by_name list_review_queues update_review_queue
        delete_review_queue add_items_to_review_queue remove_items_from_review_queue
        list_review_queue_items set_review_queue_item_status
    """,
    "MLflow's AI gateway runs on its SQL store only.": """
        create_gateway_secret get_secret_info update_gateway_secret delete_gateway_secret
        list_secret_infos create_gateway_model_definition get_gateway_model_definition
        list_gateway_model_definitions update_gateway_model_definition delete_gateway_model_definition
        create_gateway_endpoint get_gateway_endpoint list_gateway_endpoints update_gateway_endpoint
        delete_gateway_endpoint set_gateway_endpoint_tag delete_gateway_endpoint_tag
        attach_model_to_endpoint detach_model_from_endpoint create_endpoint_binding
        delete_endpoint_binding list_endpoint_bindings create_budget_policy get_budget_policy
        list_budget_policies update_budget_policy delete_budget_policy sum_gateway_trace_cost
        create_gateway_guardrail get_gateway_guardrail list_gateway_guardrails delete_gateway_guardrail
        add_guardrail_to_endpoint remove_guardrail_from_endpoint list_endpoint_guardrail_configs
        update_endpoint_guardrail_config _get_decrypted_secret
    """,
    "the registry of MCP servers is not stored yet.": """
        create_mcp_server get_mcp_server search_mcp_servers update_mcp_server delete_mcp_server
        set_mcp_server_tag delete_mcp_server_tag set_mcp_server_alias delete_mcp_server_alias
        create_mcp_server_version get_mcp_server_version get_latest_mcp_server_version
        get_mcp_server_version_by_alias search_mcp_server_versions update_mcp_server_version
        delete_mcp_server_version set_mcp_server_version_tag delete_mcp_server_version_tag
        create_mcp_access_endpoint get_mcp_access_endpoint search_mcp_access_endpoints
        update_mcp_access_endpoint delete_mcp_access_endpoint link_mcp_server_versions_to_trace
        get_mcp_server_versions_for_trace
    """,
}

UNSUPPORTED: dict[str, str] = {name: reason for reason, names in _AREAS.items() for name in names.split()}
"""Method name -> why it answers 501."""

INHERITED: dict[str, str] = {
    "search_runs": "wraps `_search_runs` in a PagedList",
    "log_metric_async": "queues for `log_batch`",
    "log_param_async": "queues for `log_batch`",
    "set_tag_async": "queues for `log_batch`",
    "log_batch_async": "queues for `log_batch`",
    "end_async_logging": "works on the queue",
    "flush_async_logging": "works on the queue",
    "shut_down_async_logging": "works on the queue",
    "filter_active_experiment_ids": "asks `get_experiment`",
    "resolve_trace_archival_config": "hands back the defaults of the server",
}
"""Method name -> why MLflow's own default does the right thing."""


@refuses(AbstractStore, UNSUPPORTED)
class UnsupportedOps:
    """Answers 501 for what is not built yet."""
