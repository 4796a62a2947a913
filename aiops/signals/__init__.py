"""What logs, spans, scored rows and LLM calls say about themselves, as series.

One `partition.Signals` per source partition turns the events of one closed step into columns:

    signals = Signals(step_seconds=15.0)
    emitted = signals.close(step, events)     # events in canonical order, duplicates already settled
    emitted.values                            # {(metric, ((label, value), ...)): float}, keys sorted
    kind_of(metric)                           # Kind.DELTA for counts, Kind.GAUGE for all else
    emitted.edges                             # what spans showed: caller -> callee, entity -> host
    emitted.texts                             # {template id: text}, created or altered in this step
    parts = signals.snapshot()                # {name: bytes}; an unchanged part is the same object as last time
    signals.restore(parts)

It refuses to read a clock, to draw random numbers and to depend on the order of a dict: what is emitted
is a function of the sequence of (step, events). `step` is the event time at which the step starts.

Counts are per step. A count that was seen within the last hour is emitted as 0 when nothing came, so
that silence is visible; a gauge without a sample is left out.

    logs      log_lines log_template_lines log_new_templates log_rare_lines log_vanished_templates
    spans     span_requests span_errors span_duration_seconds_p50 _p95 span_self_seconds_p50
              span_edge_requests span_edge_errors span_edge_seconds_p50 span_edge_wire_seconds_p50
    model     model_rows model_feature_drift model_feature_psi model_feature_consequence model_feature_loss
              model_feature_missing model_feature_new_values model_feature_type_changes model_feature_out_of_range
              model_feature_unit_factor model_feature_constant model_prediction_drift model_prediction_mean
              model_errors model_labelled model_due model_unlabelled model_abs_error
              model_ece model_brier model_calibration_drift model_estimated_accuracy model_estimated_loss
              model_selection_gap model_selection_gap_drift model_recall_gap model_recall_gap_drift
    llm       calls: llm_calls llm_errors llm_errors_by_type llm_rate_limited llm_retries llm_truncated
              llm_empty_answers llm_content_filtered llm_provider_calls llm_provider_errors
              llm_feedback_up llm_feedback_down
              tokens and cost: llm_tokens_input llm_tokens_output llm_cache_read_tokens llm_cache_write_tokens
              llm_reasoning_tokens llm_cost_usd llm_cost_told_usd llm_cost_computed_usd llm_unpriced_calls
              llm_unpriced_tokens llm_{team,route,prompt_version}_{cost_usd,calls} llm_input_tokens_mean
              llm_output_tokens_mean
              time: llm_duration_seconds_p50 _p95 llm_ttft_seconds_p50 _p95 llm_token_seconds_p50 _p95
              llm_{queue,prefill,decode,gateway}_seconds_mean, which add up to llm_split_seconds_mean
              texts: llm_read_prompts llm_injections llm_personal_calls llm_personal_data llm_read_answers llm_refusals
              llm_json_answers llm_invalid_json llm_languages_known llm_wrong_language llm_grounding_checked
              llm_ungrounded llm_context_unused llm_groundedness_mean llm_evaluation_mean
              guards, tools, agents: llm_guardrail_{runs,blocks,errors} llm_tool_calls llm_tool_errors llm_tool_runs
              llm_tool_failures llm_human_wait_seconds_p50 _p95 llm_agent_{repeats,alternations,stalls,handoff_loops}
              llm_conversations llm_conversations_evicted llm_conversation_depth_max llm_conversation_cost_usd_p50 _p95
              llm_looping_conversations llm_runaway_conversations
              retrieval: llm_retrievals llm_empty_retrievals llm_retrieval_errors llm_retrieval_score_mean
              llm_retrieval_lead_mean llm_document_concentration
              versions: llm_regression, and changes of prompt and model

Labels: `service_name` (the entity; of a model, its name), `host_name` where it is said; `severity`, `template`,
`peer`, `model`, `version`, `feature`, `error_type`, `tool`, `team`, `route`, `prompt_version`, `evaluation`, `kind`.

Modules: `templates` (the miner, usable alone: `Miner.learn(lines)`, `.resolve(ids)`, `.template(id)`; over
`template_table`, `template_kernel`, `fold_kernel`, `line_kernel`), `logs` (over `log_service`, `stack_trace`), `spans`,
`model` (over `version`, `reference`, `stated`, `taught`, `drift_watch`, `sliding`, `hours`, `outcome`, `tally_watch`,
`association`, `column_watch`, `answer`, `labels`, `cohort`, `joins`, `meeting`), `llm` (a folder), `content` (features
of texts),
`prices` (`price(model, provider)`, `cost(call)`, `PriceBook`), and what they share: `emitted`, `recent` (silence
becomes 0), `quantile` (over the last few steps).
"""
