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
    model     model_rows model_feature_drift model_feature_psi model_feature_missing model_feature_new_values
              model_feature_type_changes model_feature_out_of_range model_prediction_drift model_prediction_mean
              model_errors model_labelled model_abs_error
    llm       llm_calls llm_errors llm_tokens_input llm_tokens_output llm_cost_usd llm_unpriced_calls llm_truncated
              llm_tool_calls llm_tool_errors llm_feedback_up llm_feedback_down llm_duration_seconds_p50 _p95
              llm_ttft_seconds_p50 _p95 llm_input_tokens_mean llm_output_tokens_mean

Labels: `service_name` (the entity; of a model, its name), `host_name` where it is said; `severity`, `template`,
`peer`, `model`, `version`, `feature`.

Modules: `templates` (the miner, usable alone: `Miner.learn(lines)`, `.resolve(ids)`, `.template(id)`; over
`template_table`, `template_kernel`, `fold_kernel`, `line_kernel`), `logs` (over `log_service`, `stack_trace`), `spans`,
`model` (over `version`, `reference`, `drift_watch`, `joins`), `llm`, `prices` (`price(model, provider)`, `cost(call)`),
and what they share: `emitted`, `recent` (silence becomes 0), `quantile` (over the last few steps).
"""
