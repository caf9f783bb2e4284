-- The rows of a store at version 2 of its schema, as penstock kept them: two runs wait for
-- approval, the first for 30 days, the second for 2, since 1764000000 (24 November 2025).

INSERT INTO runs (id, kind, name, number, definition, branch, "commit", reason, state, result, created, started, finished, owner, project, pipeline, requested_by, requested_for, title, cause, stages, kept, followed, extra) VALUES
  (1, 'pipeline', '', '', '', '', '', '', 'running', NULL, 1.79587344069684052465e+09, 1.79587344070280718801e+09, NULL, '6902-14bcf16d', '', NULL, '', '', '', '', '[["Build","Build","finished","succeeded"],["Deploy","Deploy","running",null]]', 0, 0, '{}');
INSERT INTO runs (id, kind, name, number, definition, branch, "commit", reason, state, result, created, started, finished, owner, project, pipeline, requested_by, requested_for, title, cause, stages, kept, followed, extra) VALUES
  (2, 'pipeline', '', '', '', '', '', '', 'running', NULL, 1.79587344073143649102e+09, 1.79587344073482680318e+09, NULL, '6902-14bcf16d', '', NULL, '', '', '', '', '[["Build","Build","finished","succeeded"],["Deploy","Deploy","running",null]]', 0, 0, '{}');
INSERT INTO approvals (number, id, checkpoint, project, run, place, status, body) VALUES
  (1, '90693b3b-5f5c-4362-afba-e28daabaf30c', '17f57ca3-a7bb-4054-8bb6-23e9281dd028', 'p', 1, '1:environment:1', 'pending', '{"v":1,"type":"Approval","id":"90693b3b-5f5c-4362-afba-e28daabaf30c","project":"p","run":"1","pipeline":7,"stage":"Deploy","node":"Deploy/@Checkpoint","created":1764000000.0313683,"modified":1764000000.0313683,"expires":1766592000.0273633,"resource":{"type":"environment","id":"1","name":"prod"},"check":1,"instructions":"look first","steps":[{"approver":{"id":"id-ada","name":"ada","display_name":"Ada"}}]}');
INSERT INTO approvals (number, id, checkpoint, project, run, place, status, body) VALUES
  (2, '0e283614-2d34-4a2e-83d8-c3571982d183', '6b169cdf-b98d-445d-8cd6-7267439b301d', 'p', 2, '2:environment:2', 'pending', '{"v":1,"type":"Approval","id":"0e283614-2d34-4a2e-83d8-c3571982d183","project":"p","run":"2","pipeline":7,"stage":"Deploy","node":"Deploy/@Checkpoint","created":1764000000.064096,"modified":1764000000.064096,"expires":1764172800.0597339,"resource":{"type":"environment","id":"2","name":"stage"},"check":2,"instructions":"look first","steps":[{"approver":{"id":"id-ada","name":"ada","display_name":"Ada"}}]}');
INSERT INTO checkpoints (number, id, run, node, attempt, work, opened, items, message, result, closed) VALUES
  (1, '17f57ca3-a7bb-4054-8bb6-23e9281dd028', 1, 'Deploy/@Checkpoint', 1, '{"v":1,"type":"CheckWork","project":"p","pipeline":7,"stage":"Deploy","resources":[{"type":"environment","id":"1","name":"prod"}],"branches":["refs/heads/main"],"requester":"id-ada","requester_name":"ada"}', 1.76400000002736330028e+09, '{"v":1,"type":"_Items","items":[{"kind":"Authorization","name":"Permission","status":"passed"},{"kind":"Approval","name":"Approval","status":"pending","message":"environment \"prod\" waits for approval by Ada","resource":{"type":"environment","id":"1","name":"prod"},"check":1,"approval":"90693b3b-5f5c-4362-afba-e28daabaf30c"}]}', 'environment "prod" waits for approval by Ada', NULL, NULL);
INSERT INTO checkpoints (number, id, run, node, attempt, work, opened, items, message, result, closed) VALUES
  (2, '6b169cdf-b98d-445d-8cd6-7267439b301d', 2, 'Deploy/@Checkpoint', 1, '{"v":1,"type":"CheckWork","project":"p","pipeline":7,"stage":"Deploy","resources":[{"type":"environment","id":"2","name":"stage"}],"branches":["refs/heads/main"],"requester":"id-ada","requester_name":"ada"}', 1.76400000005973386766e+09, '{"v":1,"type":"_Items","items":[{"kind":"Authorization","name":"Permission","status":"passed"},{"kind":"Approval","name":"Approval","status":"pending","message":"environment \"stage\" waits for approval by Ada","resource":{"type":"environment","id":"2","name":"stage"},"check":2,"approval":"0e283614-2d34-4a2e-83d8-c3571982d183"}]}', 'environment "stage" waits for approval by Ada', NULL, NULL);
INSERT INTO counters (name, value) VALUES
  ('resource', 2);
INSERT INTO counters (name, value) VALUES
  ('check', 2);
INSERT INTO counters (name, value) VALUES
  ('run', 2);
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 1, 1.79587344070280718801e+09, '{"v":1,"type":"NodeQueued","at":1795873440.7028072,"node":"Build"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 2, 1.79587344070280718801e+09, '{"v":1,"type":"NodeStarted","at":1795873440.7028072,"node":"Build"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 3, 1.79587344070280718801e+09, '{"v":1,"type":"NodeQueued","at":1795873440.7028072,"node":"Build/Compile"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 4, 1.79587344070480132108e+09, '{"v":1,"type":"NodeStarted","at":1795873440.7048013,"node":"Build/Compile","worker":"fake"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 5, 1.79587344070482563974e+09, '{"v":1,"type":"NodeFinished","at":1795873440.7048256,"node":"Build/Compile","result":"succeeded"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 6, 1.79587344070486688613e+09, '{"v":1,"type":"NodeFinished","at":1795873440.704867,"node":"Build","result":"succeeded"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 7, 1.79587344070486688613e+09, '{"v":1,"type":"NodeQueued","at":1795873440.704867,"node":"Deploy"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 8, 1.79587344070486688613e+09, '{"v":1,"type":"NodeStarted","at":1795873440.704867,"node":"Deploy"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 9, 1.79587344070486688613e+09, '{"v":1,"type":"NodeQueued","at":1795873440.704867,"node":"Deploy/@Checkpoint"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 10, 1.76400000002984380718e+09, '{"v":1,"type":"NodeStarted","at":1764000000.0298438,"node":"Deploy/@Checkpoint"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (1, 11, 1.76400000003846430776e+09, '{"v":1,"type":"NodePhase","at":1764000000.0384643,"node":"Deploy/@Checkpoint","phase":"environment \"prod\" waits for approval by Ada"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 1, 1.79587344073482680318e+09, '{"v":1,"type":"NodeQueued","at":1795873440.7348268,"node":"Build"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 2, 1.79587344073482680318e+09, '{"v":1,"type":"NodeStarted","at":1795873440.7348268,"node":"Build"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 3, 1.79587344073482680318e+09, '{"v":1,"type":"NodeQueued","at":1795873440.7348268,"node":"Build/Compile"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 4, 1.79587344073769783966e+09, '{"v":1,"type":"NodeStarted","at":1795873440.7376978,"node":"Build/Compile","worker":"fake"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 5, 1.79587344073772263528e+09, '{"v":1,"type":"NodeFinished","at":1795873440.7377226,"node":"Build/Compile","result":"succeeded"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 6, 1.79587344073776054385e+09, '{"v":1,"type":"NodeFinished","at":1795873440.7377605,"node":"Build","result":"succeeded"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 7, 1.79587344073776054385e+09, '{"v":1,"type":"NodeQueued","at":1795873440.7377605,"node":"Deploy"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 8, 1.79587344073776054385e+09, '{"v":1,"type":"NodeStarted","at":1795873440.7377605,"node":"Deploy"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 9, 1.79587344073776054385e+09, '{"v":1,"type":"NodeQueued","at":1795873440.7377605,"node":"Deploy/@Checkpoint"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 10, 1.76400000006014466289e+09, '{"v":1,"type":"NodeStarted","at":1764000000.0601447,"node":"Deploy/@Checkpoint"}');
INSERT INTO events (run, sequence, at, body) VALUES
  (2, 11, 1.76400000006843972206e+09, '{"v":1,"type":"NodePhase","at":1764000000.0684397,"node":"Deploy/@Checkpoint","phase":"environment \"stage\" waits for approval by Ada"}');
INSERT INTO plans (run, body) VALUES
  (1, '{"v":1,"type":"Plan","nodes":[{"id":"Build","key":"Build","kind":"stage","display_name":"Build","variables":[{"name":"System.StageName","value":"Build","readonly":true},{"name":"System.StageDisplayName","value":"Build","readonly":true}]},{"id":"Build/Compile","key":"Compile","kind":"job","display_name":"Compile","parent":"Build","variables":[{"name":"System.JobName","value":"Compile","readonly":true},{"name":"System.JobDisplayName","value":"Compile","readonly":true},{"name":"System.JobIdentifier","value":"Build.Compile.__default","readonly":true},{"name":"System.PhaseName","value":"Compile","readonly":true},{"name":"System.PhaseDisplayName","value":"Compile","readonly":true},{"name":"System.PhaseAttempt","value":"1","readonly":true},{"name":"System.JobAttempt","value":"1","readonly":true},{"name":"System.StageAttempt","value":"1","readonly":true}],"work":{"type":"StepsWork","steps":[{"id":"step1","task":"6d15af64-176c-496d-b583-fd2ae21d4df4@1","inputs":{"repository":"self"},"display_name":"Checkout self"},{"id":"step2","task":"CmdLine@2","inputs":{"script":"make"},"display_name":"CmdLine","place":"azure-pipelines.yml:4:33"}],"repositories":[{"alias":"self","name":"p","url":"/srv/shop"}],"image":"host"},"timeout":3600.0},{"id":"Deploy","key":"Deploy","kind":"stage","display_name":"Deploy","depends_on":["Build"],"variables":[{"name":"System.StageName","value":"Deploy","readonly":true},{"name":"System.StageDisplayName","value":"Deploy","readonly":true}]},{"id":"Deploy/@Checkpoint","key":"@Checkpoint","kind":"checkpoint","display_name":"Checkpoint","parent":"Deploy","condition":"always()","work":{"type":"CheckWork","project":"p","pipeline":7,"stage":"Deploy","resources":[{"type":"environment","id":"1","name":"prod"}],"branches":["refs/heads/main"],"requester":"id-ada","requester_name":"ada"},"gate":true},{"id":"Deploy/Push","key":"Push","kind":"deployment","display_name":"Push","parent":"Deploy","variables":[{"name":"System.PhaseName","value":"Push","readonly":true},{"name":"System.PhaseDisplayName","value":"Push","readonly":true},{"name":"System.PhaseAttempt","value":"1","readonly":true},{"name":"System.JobAttempt","value":"1","readonly":true},{"name":"System.StageAttempt","value":"1","readonly":true},{"name":"Environment.Name","value":"prod","readonly":true},{"name":"Environment.ResourceName","value":"","readonly":true},{"name":"Strategy.Name","value":"runOnce","readonly":true}],"output_aliases":[["Push","deploy"],["Deploy","deploy"]]},{"id":"Deploy/Push/deploy","key":"deploy","kind":"hook","display_name":"Push","parent":"Deploy/Push","variables":[{"name":"System.JobName","value":"Push","readonly":true},{"name":"System.JobDisplayName","value":"Push","readonly":true},{"name":"System.JobIdentifier","value":"Deploy.Push.deploy.__default","readonly":true},{"name":"Strategy.CycleName","value":"Iteration","readonly":true}],"work":{"type":"StepsWork","steps":[{"id":"step1","task":"CmdLine@2","inputs":{"script":"push"},"display_name":"CmdLine","place":"azure-pipelines.yml:9:43"}],"repositories":[{"alias":"self","name":"p","url":"/srv/shop"}],"image":"host"},"timeout":3600.0},{"id":"Deploy/Always","key":"Always","kind":"job","display_name":"Always","parent":"Deploy","condition":"always()","variables":[{"name":"System.JobName","value":"Always","readonly":true},{"name":"System.JobDisplayName","value":"Always","readonly":true},{"name":"System.JobIdentifier","value":"Deploy.Always.__default","readonly":true},{"name":"System.PhaseName","value":"Always","readonly":true},{"name":"System.PhaseDisplayName","value":"Always","readonly":true},{"name":"System.PhaseAttempt","value":"1","readonly":true},{"name":"System.JobAttempt","value":"1","readonly":true},{"name":"System.StageAttempt","value":"1","readonly":true}],"work":{"type":"StepsWork","steps":[{"id":"step1","task":"6d15af64-176c-496d-b583-fd2ae21d4df4@1","inputs":{"repository":"self"},"display_name":"Checkout self"},{"id":"step2","task":"CmdLine@2","inputs":{"script":"tell"},"display_name":"CmdLine","place":"azure-pipelines.yml:12:13"}],"repositories":[{"alias":"self","name":"p","url":"/srv/shop"}],"image":"host"},"timeout":3600.0}],"start_time":1795873440.696829}');
INSERT INTO plans (run, body) VALUES
  (2, '{"v":1,"type":"Plan","nodes":[{"id":"Build","key":"Build","kind":"stage","display_name":"Build","variables":[{"name":"System.StageName","value":"Build","readonly":true},{"name":"System.StageDisplayName","value":"Build","readonly":true}]},{"id":"Build/Compile","key":"Compile","kind":"job","display_name":"Compile","parent":"Build","variables":[{"name":"System.JobName","value":"Compile","readonly":true},{"name":"System.JobDisplayName","value":"Compile","readonly":true},{"name":"System.JobIdentifier","value":"Build.Compile.__default","readonly":true},{"name":"System.PhaseName","value":"Compile","readonly":true},{"name":"System.PhaseDisplayName","value":"Compile","readonly":true},{"name":"System.PhaseAttempt","value":"1","readonly":true},{"name":"System.JobAttempt","value":"1","readonly":true},{"name":"System.StageAttempt","value":"1","readonly":true}],"work":{"type":"StepsWork","steps":[{"id":"step1","task":"6d15af64-176c-496d-b583-fd2ae21d4df4@1","inputs":{"repository":"self"},"display_name":"Checkout self"},{"id":"step2","task":"CmdLine@2","inputs":{"script":"make"},"display_name":"CmdLine","place":"azure-pipelines.yml:4:33"}],"repositories":[{"alias":"self","name":"p","url":"/srv/shop"}],"image":"host"},"timeout":3600.0},{"id":"Deploy","key":"Deploy","kind":"stage","display_name":"Deploy","depends_on":["Build"],"variables":[{"name":"System.StageName","value":"Deploy","readonly":true},{"name":"System.StageDisplayName","value":"Deploy","readonly":true}]},{"id":"Deploy/@Checkpoint","key":"@Checkpoint","kind":"checkpoint","display_name":"Checkpoint","parent":"Deploy","condition":"always()","work":{"type":"CheckWork","project":"p","pipeline":7,"stage":"Deploy","resources":[{"type":"environment","id":"2","name":"stage"}],"branches":["refs/heads/main"],"requester":"id-ada","requester_name":"ada"},"gate":true},{"id":"Deploy/Push","key":"Push","kind":"deployment","display_name":"Push","parent":"Deploy","variables":[{"name":"System.PhaseName","value":"Push","readonly":true},{"name":"System.PhaseDisplayName","value":"Push","readonly":true},{"name":"System.PhaseAttempt","value":"1","readonly":true},{"name":"System.JobAttempt","value":"1","readonly":true},{"name":"System.StageAttempt","value":"1","readonly":true},{"name":"Environment.Name","value":"stage","readonly":true},{"name":"Environment.ResourceName","value":"","readonly":true},{"name":"Strategy.Name","value":"runOnce","readonly":true}],"output_aliases":[["Push","deploy"],["Deploy","deploy"]]},{"id":"Deploy/Push/deploy","key":"deploy","kind":"hook","display_name":"Push","parent":"Deploy/Push","variables":[{"name":"System.JobName","value":"Push","readonly":true},{"name":"System.JobDisplayName","value":"Push","readonly":true},{"name":"System.JobIdentifier","value":"Deploy.Push.deploy.__default","readonly":true},{"name":"Strategy.CycleName","value":"Iteration","readonly":true}],"work":{"type":"StepsWork","steps":[{"id":"step1","task":"CmdLine@2","inputs":{"script":"push"},"display_name":"CmdLine","place":"azure-pipelines.yml:9:43"}],"repositories":[{"alias":"self","name":"p","url":"/srv/shop"}],"image":"host"},"timeout":3600.0},{"id":"Deploy/Always","key":"Always","kind":"job","display_name":"Always","parent":"Deploy","condition":"always()","variables":[{"name":"System.JobName","value":"Always","readonly":true},{"name":"System.JobDisplayName","value":"Always","readonly":true},{"name":"System.JobIdentifier","value":"Deploy.Always.__default","readonly":true},{"name":"System.PhaseName","value":"Always","readonly":true},{"name":"System.PhaseDisplayName","value":"Always","readonly":true},{"name":"System.PhaseAttempt","value":"1","readonly":true},{"name":"System.JobAttempt","value":"1","readonly":true},{"name":"System.StageAttempt","value":"1","readonly":true}],"work":{"type":"StepsWork","steps":[{"id":"step1","task":"6d15af64-176c-496d-b583-fd2ae21d4df4@1","inputs":{"repository":"self"},"display_name":"Checkout self"},{"id":"step2","task":"CmdLine@2","inputs":{"script":"tell"},"display_name":"CmdLine","place":"azure-pipelines.yml:12:13"}],"repositories":[{"alias":"self","name":"p","url":"/srv/shop"}],"image":"host"},"timeout":3600.0}],"start_time":1795873440.7314236}');
INSERT INTO resource_checks (id, project, type, resource, body, created, created_by, modified, modified_by) VALUES
  (1, 'p', 'environment', '1', '{"v":1,"type":"Check","resource":{"type":"environment","id":"1","name":"prod"},"settings":{"type":"ApprovalCheck","approvers":[{"id":"id-ada","name":"ada","display_name":"Ada"}],"instructions":"look first"},"id":1}', 1.76400000000456404682e+09, '["id-ada", "ada", "Ada"]', 1.76400000000456404682e+09, '["id-ada", "ada", "Ada"]');
INSERT INTO resource_checks (id, project, type, resource, body, created, created_by, modified, modified_by) VALUES
  (2, 'p', 'environment', '2', '{"v":1,"type":"Check","resource":{"type":"environment","id":"2","name":"stage"},"settings":{"type":"ApprovalCheck","approvers":[{"id":"id-ada","name":"ada","display_name":"Ada"}],"instructions":"look first"},"id":2,"timeout":172800.0}', 1.76400000004218840592e+09, '["id-ada", "ada", "Ada"]', 1.76400000004218840592e+09, '["id-ada", "ada", "Ada"]');
INSERT INTO resource_grants (project, type, resource, pipeline, by, at) VALUES
  ('p', 'environment', '1', 0, '["id-ada", "ada", "Ada"]', 1.79587344067959618566e+09);
INSERT INTO resource_grants (project, type, resource, pipeline, by, at) VALUES
  ('p', 'environment', '2', 0, '["id-ada", "ada", "Ada"]', 1.79587344072071957582e+09);
INSERT INTO resources (project, type, id, name, description, body, created, created_by, modified, modified_by) VALUES
  ('p', 'environment', '1', 'prod', '', '{}', 1.79587344067949604984e+09, '["id-ada", "ada", "Ada"]', 1.79587344067949604984e+09, '["id-ada", "ada", "Ada"]');
INSERT INTO resources (project, type, id, name, description, body, created, created_by, modified, modified_by) VALUES
  ('p', 'environment', '2', 'stage', '', '{}', 1.79587344072066283228e+09, '["id-ada", "ada", "Ada"]', 1.79587344072066283228e+09, '["id-ada", "ada", "Ada"]');
INSERT INTO run_texts (rowid, text) VALUES
  (1, '



');
INSERT INTO run_texts (rowid, text) VALUES
  (2, '



');
