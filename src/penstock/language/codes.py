"""Every diagnostic code with its title and an explanation: what `penstock explain CODE` prints.

To add one: take the next free number of the range, write the title as a short noun phrase or claim
in lower case, and explain in one to three sentences what it means and what to do. A test holds this
table equal to the codes used in `src`. Ranges: PS10xx YAML, PS11xx the shape of a pipeline, PS12xx
templates, PS13xx expressions, PS2xxx the graph, what a run needs and what starts it, PS3xxx Azure
Machine Learning, PS4xxx tests of pipelines.
"""

from __future__ import annotations

CODES: dict[str, tuple[str, str]] = {
    # --- PS10xx: YAML
    "PS1001": (
        "the file is not UTF-8 text",
        "Pipeline and job files are read as UTF-8, with or without a byte order mark. Save the "
        "file in that encoding.",
    ),
    "PS1002": (
        "a character is not allowed in YAML",
        "YAML allows no control characters other than tab and line breaks. Remove the character, "
        'or write it as an escape such as "\\0" between double quotes.',
    ),
    "PS1003": (
        "the file is too long",
        "A file of more characters than the limit is refused before it is read. Move data out of "
        "the YAML file.",
    ),
    "PS1004": (
        "the nesting is too deep",
        "Lists and mappings may be nested to a fixed depth. Deeper nesting is nearly always a run "
        "of brackets that were never closed.",
    ),
    "PS1005": (
        "the file has too many parts",
        "The number of keys, values and list items, with aliases expanded, is limited, so that a "
        "small file cannot stand for a huge one.",
    ),
    "PS1006": (
        "the text is not valid YAML",
        "The YAML reader met something that cannot stand there. The message says what was found "
        "and what was expected; the cause is sometimes a line or two earlier.",
    ),
    "PS1007": (
        "a line is indented with something that is no space",
        "YAML is indented with spaces only. Replace the tab by spaces; most editors can do so when "
        "they save. Texts copied from web pages and chats may bring characters that only look like "
        "spaces.",
    ),
    "PS1008": (
        "a quote is never closed",
        "A text in quotes runs to the next quote of the same kind, over several lines if need be. "
        "Inside single quotes a quote is doubled; inside double quotes it is written with a "
        "backslash.",
    ),
    "PS1009": (
        "a bracket or brace is never closed",
        "A list in brackets or a mapping in braces must be closed, and its parts are separated by "
        "commas. Text that holds brackets or braces of its own belongs in quotes.",
    ),
    "PS1010": (
        "the file holds a second document",
        "Only one YAML document per file is read, as in the service. Remove the second `---`.",
    ),
    "PS1011": (
        "anchors, aliases and merge keys are not supported",
        "Azure Pipelines refuses `&name`, `*name` and `<<`. Use a template with parameters to "
        "share text. A value that only begins with & or * belongs in quotes.",
    ),
    "PS1012": (
        "a key is defined twice",
        "The keys of a mapping must differ in more than upper and lower case. Template directives "
        "such as ${{ if }} may repeat.",
    ),
    "PS1013": (
        "a YAML tag is not supported",
        "Only the core tags (!!str, !!int, !!float, !!bool, !!null, !!map, !!seq) are read, and a "
        "value must fit its tag. Tags that would create objects are always refused.",
    ),
    "PS1014": (
        "a key is not text",
        "The keys of a mapping must be scalars. This is often an unquoted value such as {{ x }}, "
        "which YAML reads as a mapping inside a mapping.",
    ),
    "PS1015": (
        "an anchor or an alias is wrong",
        "An alias `*name` repeats the value marked `&name` earlier in the file. Each anchor is "
        "defined once, and a value cannot contain itself.",
    ),
    "PS1016": (
        "a merge key does not refer to a mapping",
        "`<<` copies the keys of another mapping, or of each mapping in a list.",
    ),
    "PS1017": (
        "the indentation does not fit",
        "The keys of one mapping, and the items of one list, begin in the same column; what "
        "belongs to them is indented further.",
    ),
    "PS1018": (
        "an escape in a double-quoted text is unknown",
        "In double quotes a backslash begins an escape such as \\n or \\t. Write a backslash as "
        "two, or use single quotes, in which it stands for itself.",
    ),
    "PS1019": (
        "too much is wrong with a file",
        "A file with hundreds of faults is seldom the file that was meant: it is read up to there, "
        "and those faults are reported.",
    ),
    # --- PS11xx: the shape of a pipeline
    "PS1101": (
        "a key is not known here",
        "Each part of a pipeline takes a fixed set of keys, and upper and lower case count. A key "
        "that belongs to another part is nearly always a matter of indentation.",
    ),
    "PS1102": (
        "a value is of the wrong kind",
        "A list, a mapping or a single value stands where another of the three is expected.",
    ),
    "PS1103": (
        "a value is not one of those allowed",
        "This key takes one of a few words. Upper and lower case do not count.",
    ),
    "PS1104": (
        "a key is missing",
        "A part of a pipeline is told by its leading key (job or deployment, script or task), and "
        "some keys must be there.",
    ),
    "PS1105": (
        "a value is empty",
        "This key needs a text. After expansion an expression may have left nothing of it.",
    ),
    "PS1106": (
        "a key is defined twice after expansion",
        "The keys that expressions and directives make must differ from the others of their "
        "mapping in more than upper and lower case.",
    ),
    "PS1107": (
        "two keys exclude each other",
        "A pipeline has one body (stages, jobs, steps or extends), a step does one thing, and so "
        "on. Keep one of the two keys.",
    ),
    "PS1108": (
        "a key that must come first does not",
        "The first key of a step, job, stage, variable or resource says what it is: script, task, "
        "job, stage, name. Its other keys follow in any order.",
    ),
    # --- PS12xx: templates
    "PS1201": (
        "a file is not there",
        "A template path begins in the folder of the file it is written in, or at the root of the "
        "repository when it begins with a slash or names another repository. Case counts.",
    ),
    "PS1202": (
        "a template is of another kind than its place",
        "Where steps stand only a template of steps can be included, and so for jobs, stages and "
        "variables.",
    ),
    "PS1203": (
        "a parameter is not declared",
        "A template that declares its parameters as a list takes no others, and a pipeline takes "
        "only those that it declares. Names ignore case.",
    ),
    "PS1204": (
        "a parameter has no value",
        "A parameter without a default must be given a value where the template is included, or "
        "when the run is started.",
    ),
    "PS1205": (
        "a parameter has a value of the wrong type",
        "Values are converted to the declared type. Booleans are true and false only; lists of "
        "steps, jobs and stages must be well formed themselves.",
    ),
    "PS1206": (
        "a parameter has a value that is not listed",
        "The declaration lists the values that are allowed; here upper and lower case count.",
    ),
    "PS1207": (
        "a parameter is declared wrongly",
        "A declaration is an item with name first, then type, default, values, displayName.",
    ),
    "PS1208": (
        "templates include each other without end",
        "A chain of templates may be a hundred levels long. A template may include itself only "
        "with other parameters, and must come to an end.",
    ),
    "PS1209": (
        "a repository is not declared",
        "What follows the @ of a template path is an alias under resources, repositories.",
    ),
    "PS1210": (
        "a repository was not given",
        "A template lies in another repository. Pipelines are read offline, so a local copy of it "
        "must be named with --local-repository.",
    ),
    "PS1211": (
        "a template path leads out of the repository",
        "A path may climb with .. up to the root of its repository and no further.",
    ),
    "PS1213": (
        "a pipeline is made of too many files",
        "One pipeline may be made of a hundred files; each counts once.",
    ),
    "PS1214": (
        "a template file cannot be read",
        "The file is there, but it lies outside the repository by way of a symbolic link, or the "
        "system refuses to open it.",
    ),
    "PS1215": (
        "expanding takes too much",
        "The work and the text of one expansion are limited, so that loops inside loops come to "
        "an end.",
    ),
    "PS1216": (
        "a trigger stands in a template",
        "Triggers are read from the pipeline file only.",
    ),
    "PS1217": (
        "a part that is not taken reads a parameter that is not declared",
        "It is an error as soon as that part is taken. It is often a misspelt name, or one left "
        "over from an earlier version. A template without a list of parameters takes any.",
    ),
    # --- PS13xx: expressions
    "PS1301": (
        "the expression is malformed",
        "An expression is a value, a context such as variables, or a function call; there are no "
        "operators and no parentheses for grouping. The position counts from 1.",
    ),
    "PS1302": (
        "the expression uses an unknown name",
        "Which contexts and functions exist depends on the place: template expressions know "
        "parameters and variables, conditions also dependencies and the status functions.",
    ),
    "PS1303": (
        "the expression passes a limit",
        "An expression may have 21,000 characters and 50 nested calls, and its values may take "
        "1 MB while it is evaluated.",
    ),
    "PS1304": (
        "a value has the wrong type",
        "The right operand of a comparison is converted to the type of the left one, and text "
        "functions convert their arguments to text. Lists, objects and some texts have no "
        "counterpart.",
    ),
    "PS1305": (
        "the expression cannot be evaluated",
        "The expression is well formed, but one of its parts has no value.",
    ),
    "PS1306": (
        "a parameter is not defined",
        "Reading a parameter that is not declared is an error; a variable that is not defined is "
        "empty text.",
    ),
    "PS1307": (
        "a format string is wrong",
        "In the text of format, {0} stands for the first argument after it, {{ and }} for braces. "
        "Specifiers such as {0:yyyyMMdd} are for times only.",
    ),
    "PS1310": (
        "an expression is never closed",
        "A ${{ is closed by }}. A single quote inside a text is written twice.",
    ),
    "PS1311": (
        "a directive stands where none can",
        "${{ if }}, ${{ elseif }}, ${{ else }}, ${{ each }} and ${{ insert }} are whole keys, "
        "with a colon behind them. Triggers, schedules and repository resources take none.",
    ),
    "PS1312": (
        "a directive is malformed",
        "if and elseif take one expression, each is written each NAME in COLLECTION, else and "
        "insert take nothing.",
    ),
    "PS1313": (
        "an else without an if",
        "elseif and else follow an if in the same list or mapping, and nothing follows else. "
        "Ordinary items may stand between; each and insert end the chain.",
    ),
    "PS1314": (
        "the name of a loop variable is taken",
        "Loop variables share one set of names with contexts and functions.",
    ),
    "PS1315": (
        "expressions are not allowed here",
        "Parameter declarations, and what a repository is but for its ref, are read before "
        "anything can be evaluated.",
    ),
    "PS1316": (
        "a runtime expression is not the whole value",
        "$[ ] is evaluated only where it is around the whole value; anywhere else it is text.",
    ),
    "PS1317": (
        "facts of pipeline resources are variables",
        "The context `resources` holds repositories. What is known of the run of a pipeline "
        "resource is in variables, such as variables['resources.pipeline.ALIAS.runID'].",
    ),
    "PS1318": (
        "a variable comes too late for templates",
        "Templates are expanded before a run exists: variables such as Build.BuildId, Agent.OS and "
        "System.JobName have no value then, and ${{ }} reads nothing. During the run $(name) and "
        "conditions have them.",
    ),
    "PS1319": (
        "nothing is within a variable",
        "A variable is text, and what is read behind a second dot is empty. The name of a variable "
        "may have dots itself, and is then written in brackets: variables['Agent.OS'].",
    ),
    # --- PS20xx: the graph of stages, jobs and steps
    "PS2001": (
        "nothing can start",
        "A pipeline needs a stage, and a stage a job, that depends on no other.",
    ),
    "PS2002": (
        "dependencies form a cycle",
        "Stages or jobs wait for each other. The message shows the way around.",
    ),
    "PS2003": (
        "a dependency is unknown",
        "dependsOn names stages of the pipeline, or jobs of the same stage, by their ids.",
    ),
    "PS2004": (
        "a name is not valid",
        "Ids of stages, jobs and steps hold letters, digits and underscores, do not begin with a "
        "digit and have at most 100 characters. Words for people go into displayName.",
    ),
    "PS2005": (
        "a name is used twice",
        "Stages of a pipeline, jobs of a stage and steps of a job need ids that differ in more "
        "than upper and lower case.",
    ),
    "PS2006": (
        "a repository that a step checks out is not declared",
        "checkout takes self, none, the name of a repository resource, or a repository in full: "
        "git://project/repository@branch.",
    ),
    "PS2007": (
        "a container is not declared",
        "A container is the name of a container resource, or an image with its tag or digest: "
        "ubuntu:22.04. The target of a step is a resource, or host.",
    ),
    "PS2008": (
        "a resource that a step fetches from is not declared",
        "download takes current, none or the name of a pipeline resource, downloadBuild that of a "
        "build resource, getPackage that of a package resource.",
    ),
    "PS2009": (
        "a matrix has too many legs",
        "One job may become at most 256.",
    ),
    "PS2010": (
        "a setting of a deployment strategy is not valid",
        "maxParallel of a rolling deployment is a number from 1 or a share from 1% to 100%; the "
        "increments of a canary deployment are numbers up to 100.",
    ),
    "PS2011": (
        "a number is expected",
        "Timeouts, retries and how many jobs run at once are whole numbers, from 0. A task is "
        "tried again at most 10 times.",
    ),
    "PS2012": (
        "the name of a variable begins with a reserved word",
        "The agent uses names that begin with input, secret, endpoint or securefile for what tasks "
        "are given; tasks take such names out of the environment of scripts. $(name) still works. "
        "One called path is the PATH of scripts.",
    ),
    "PS2013": (
        "a predefined variable is set",
        "Variables such as Build.SourceBranch and System.TeamProject have their values from the "
        "service, and those win over what a pipeline or a variable group gives. System.Debug and "
        "Build.Clean may be set. A few, such as System.Culture, the service refuses at the root of "
        "a pipeline.",
    ),
    "PS2014": (
        "a task without a valid version",
        "A step names a task and its version: Bash@3. The version is a major one, or more exact: "
        "3.259.0.",
    ),
    "PS2015": (
        "a deployment without an environment",
        "A deployment job runs against an environment, which keeps its history, approvals and "
        "checks.",
    ),
    "PS2016": (
        "a setting of a job stands in its pool",
        "A pool takes members of any name, because some pools know more than others, so that the "
        "service takes these without a word, and nothing comes of them. Indent them less, beside "
        "`pool`.",
    ),
    "PS2017": (
        "a group or a template is written as a variable",
        "In a mapping every key is the name of a variable. Groups and templates are items of a "
        "list: - group: NAME, - template: FILE.",
    ),
    "PS2020": (
        "an expression asks about what is no dependency",
        "A stage or job sees the results and outputs of the stages or jobs in its dependsOn, a job "
        "also those of the jobs of stages in its stage's dependsOn. Of others they are empty, and "
        "succeeded('NAME') and failed('NAME') are false; the service says nothing of it.",
    ),
    "PS2021": (
        "an expression reads what a dependency never has",
        "A dependency has a result, which is one of six words, and outputs. An output is read by "
        "the name of the step that sets it and its own, after the name of a leg or deployment, and "
        "from a stage after the name of the job: outputs['JOB.STEP.VARIABLE'].",
    ),
    # --- PS21xx: what a run needs from the library and the machine
    "PS2101": (
        "a library file does not hold what it should",
        "Files under .penstock hold one mapping of keys to texts or lists of texts; "
        "docs/library.md shows each kind.",
    ),
    "PS2102": (
        "unknown key in a library file",
        "Files under .penstock take the keys that the message lists; any other would be ignored, "
        "so it is refused.",
    ),
    "PS2110": (
        "a number must be known before the run starts",
        "Timeouts, retries and limits are read when the run is planned. Write a number, or a "
        "template expression that gives one; runtime expressions are not supported there.",
    ),
    "PS2111": (
        "unknown task",
        "The step names a task that this machine cannot run. Check its spelling and version; a "
        "Python package can add tasks through the entry-point group penstock.tasks.",
    ),
    "PS2112": (
        "something this version cannot run",
        "The pipeline is valid on the service, but needs something that is not supported here yet "
        "(containers, rolling and canary deployments). Leave out the stage with --skip-stage.",
    ),
    "PS2113": (
        "agentless jobs are not supported",
        "Jobs in `pool: server` run on the service itself. Leave out the stage with --skip-stage.",
    ),
    "PS2114": (
        "wrong input of a task",
        "An input of the task is missing, or has a value that the task does not take.",
    ),
    "PS2120": (
        "service connection not found",
        "The library has no connection of that name. Write .penstock/connections/NAME.yml.",
    ),
    "PS2121": (
        "a connection stands for the local workspace",
        "An Azure Resource Manager connection that the library does not have is taken to be the "
        "Azure ML workspace on this machine. Write .penstock/connections/NAME.yml to change that.",
    ),
    "PS2122": (
        "repository not on this machine",
        "A checkout step names a repository resource whose folder is not known. Give it with "
        "--local-repository NAME=DIR.",
    ),
    "PS2123": (
        "variable group not found",
        "The library has no group of that name. Write .penstock/variable-groups/NAME.yml or give "
        "values with --variable-group.",
    ),
    "PS2124": (
        "a secret has no value",
        "A variable group or service connection declares a secret whose value must come from "
        "outside the repository: `penstock secrets set NAME` keeps it encrypted on this machine, "
        "--secret NAME takes it from the environment.",
    ),
    "PS2125": (
        "a resource that nothing here watches",
        "Webhooks, and the triggers of builds, packages and container images, need a server that "
        "other systems can reach. The pipeline runs, but not by them.",
    ),
    "PS2126": (
        "secure file not found",
        "A step names a secure file that the library does not have. On a server it is uploaded to "
        "the project's library; for `penstock run` it lies in .penstock/secure-files.",
    ),
    "PS2127": (
        "a task that the service does not publish",
        "The name or the version is probably misspelt: the service refuses a pipeline whose task "
        "is not installed. It is a warning because an extension may bring a task of that name.",
    ),
    "PS2128": (
        "an input that the task does not have",
        "The service hands every input on, and the task does not look at this one. It is probably "
        "misspelt, or of another version of the task.",
    ),
    "PS2129": (
        "a task that its job cannot run",
        "Some tasks run on the server, in jobs without an agent (`pool: server`); all others, and "
        "scripts, need an agent. The service refuses one where the other belongs.",
    ),
    "PS2130": (
        "an image that no hosted agent has",
        "With --parity strict a `vmImage` must be one that the Microsoft-hosted agents have today. "
        "Without it every name stands for this machine, unless .penstock/images.yml has it.",
    ),
    "PS2131": (
        "something is given that is not used",
        "--local-repository gives a folder for a repository resource, --variable-group a value for "
        "a variable group, --var a variable that the pipeline does not set itself. The pipeline "
        "has none of this name, or its own value wins, so what is given has no effect.",
    ),
    "PS2133": (
        "a resource of an environment that is not known here",
        "On the service a deployment to a resource runs for that virtual machine or Kubernetes "
        "namespace, which must be in the environment. Here it runs on an agent of this machine, "
        "once.",
    ),
    # --- PS22xx: what starts a run
    "PS2201": (
        "a cron text cannot be read",
        "A schedule is five fields with blanks between: minutes, hours, days, months, days of the "
        "week, in UTC. A field is *, a value, a range, a list, each perhaps with a step: */15. "
        "Sunday is 0, and names are English.",
    ),
    "PS2202": (
        "a range of a cron text runs backwards",
        "The service turns such a range around: Thu-Sun is read as Sun-Thu. To go around the end "
        "of the week, write both parts: Sun,Thu-Sat.",
    ),
    "PS2203": (
        "a schedule never comes",
        "A day must fit the day of the month, the month and the day of the week at once, and no "
        "month that the text names has such a day.",
    ),
    "PS2205": (
        "the name of a resource is not valid",
        "Resources should be named with letters, digits, hyphens and underscores; dots are taken "
        "too.",
    ),
    "PS2206": (
        "a resource is declared twice",
        "Resources of one kind need names that differ in more than upper and lower case.",
    ),
    "PS2207": (
        "the trigger of a repository resource has no effect",
        "Only pushes to Git repositories of the service itself start pipelines of other "
        "repositories.",
    ),
    "PS2208": (
        "batch has no effect in the trigger of a repository resource",
        "Pushes to a repository resource start one run each.",
    ),
    "PS2209": (
        "a variable in a trigger or a repository",
        "Triggers and repositories are read before any run exists, so $(name) in them is not "
        "replaced.",
    ),
    "PS2210": (
        "a number that no run can have",
        "A run number has at most 255 characters, does not end with a dot and holds none of "
        "\" / : < > \\ ' | ? @ *. Where the format in `name` gives another, a run is called by its "
        "build id.",
    ),
    "PS2211": (
        "a job uses a repository that is not declared",
        "`uses` names repository resources that scripts of the job reach without a checkout step.",
    ),
    "PS2212": (
        "a repository resource that cannot be found as it is written",
        "A repository of the service is REPOSITORY or PROJECT/REPOSITORY; one of GitHub or "
        "Bitbucket is OWNER/REPOSITORY with a service connection as its endpoint.",
    ),
    "PS2213": (
        "a filter of a trigger is empty",
        "A filter of branches or tags without any names lets nothing through, which is seldom what "
        "is meant; `none` says that plainly. Without the filter everything is let through.",
    ),
    # --- PS3xxx: Azure Machine Learning
    "PS3001": (
        "the file cannot be read",
        "There is no file of that name, it is a folder, or it is not UTF-8 text. Paths on the "
        "command line begin in the folder you are in.",
    ),
    "PS3002": (
        "this part of Azure ML is not supported yet",
        "Command and pipeline jobs and components run here. Other kinds are refused by name "
        "rather than ignored.",
    ),
    "PS3003": (
        "a field has a value of the wrong type",
        "Azure ML reads values as YAML types them: a number where text is expected belongs in "
        "quotes.",
    ),
    "PS3004": (
        "a field is unknown",
        "The schema of this kind of file has no such field. Where the service keeps unknown "
        "fields, this is a warning: the field has no effect.",
    ),
    "PS3005": (
        "a required field is missing",
        "Add the field. The reference of the kind of file lists what it can hold.",
    ),
    "PS3006": (
        "a word is not one of those allowed",
        "The field takes one of a few words.",
    ),
    "PS3007": (
        "a name has a form that Azure ML refuses",
        "Nodes and components are named with small letters, digits and underscores; inputs and "
        "outputs may also have capital letters. Hyphens are refused.",
    ),
    "PS3008": (
        "two fields exclude each other",
        "Only one of the two can be given, for example an image or a build context.",
    ),
    "PS3009": (
        "an override cannot be made",
        "`--set a.b.c=value` makes missing fields, but cannot go through a value that is a "
        "text, such as a reference to another file.",
    ),
    "PS3010": (
        "the file describes nothing of Azure ML",
        "A job, component or asset is a mapping with the fields of its kind.",
    ),
    "PS3011": (
        "a field has no value",
        "A key with nothing after the colon is refused by Azure ML, except for outputs. Give "
        "it a value or remove the line.",
    ),
    "PS3020": (
        "a reference has the wrong form",
        "Registered things are named `azureml:NAME`, `azureml:NAME:VERSION` or "
        "`azureml:NAME@latest`, or by their full resource id.",
    ),
    "PS3021": (
        "a local file or folder does not exist",
        "Paths in a YAML file begin in the folder of that file.",
    ),
    "PS3022": (
        "a command runs a script that is not in its code folder",
        "A command starts in a copy of its code folder. The script named in it was not found "
        "there.",
    ),
    "PS3030": (
        "a binding has the wrong form",
        "In a pipeline, an input is bound with ${{parent.inputs.NAME}} or "
        "${{parent.jobs.NODE.outputs.NAME}}, an output with ${{parent.outputs.NAME}}. A "
        "binding is the whole value.",
    ),
    "PS3031": (
        "a binding refers to something that does not exist",
        "The pipeline has no such input, output or node, or the node has no such output.",
    ),
    "PS3032": (
        "a component has no such input or output",
        "A node gives its component an input, or names an output, that the component does not "
        "declare.",
    ),
    "PS3033": (
        "a required input is not given",
        "An input that is neither optional nor has a default must get a value from every node.",
    ),
    "PS3034": (
        "a value does not fit the type of an input",
        "Literals are converted to the type that the component declares; data and literals "
        "cannot stand for each other.",
    ),
    "PS3035": (
        "a value lies outside of what an input allows",
        "The component declares an enum, a min or a max for this input. Azure's client does "
        "not check it, so it is a warning.",
    ),
    "PS3036": (
        "nodes wait for each other in a ring",
        "Each of these nodes needs an output of the next, so none can start.",
    ),
    "PS3037": (
        "a command uses an input or output that is not declared",
        "${{inputs.NAME}} and ${{outputs.NAME}} in a command refer to the inputs and outputs "
        "beside it.",
    ),
    "PS3038": (
        "an optional input is not guarded",
        "Put the part of a command that uses an optional input between $[[ and ]]; it is left "
        "out when the input has no value.",
    ),
    "PS3039": (
        "a node has no compute",
        "A node runs on its own compute, or on the default compute of the pipeline's settings.",
    ),
    "PS3040": (
        "an old form is used",
        "Azure ML gave up this way of writing; the new one is shown.",
    ),
    "PS3041": (
        "a version is read as a number",
        "YAML reads 1.10 as the number 1.1. Put a version in quotes to keep its last zero.",
    ),
    "PS3042": (
        "a field has no effect here",
        "Azure ML has the field, and its value was checked. It speaks of Azure's machines, "
        "networks, identities or queues, which this machine does not have.",
    ),
    "PS3050": (
        "the workspace refused the job",
        "The service found this fault when the job was submitted. Nothing was started.",
    ),
    "PS3051": (
        "the workspace has nothing of this name",
        "A compute, environment, component, data asset, model or datastore that the file names "
        "is not in the workspace. Create it, or declare it in .penstock/workspaces/NAME/.",
    ),
    "PS3501": (
        "a conda file has the wrong shape",
        "A conda file is a mapping: `name`, `channels`, `dependencies` (a list of packages, one of "
        "which may be `pip:` with a list of its own) and `variables`.",
    ),
    "PS3502": (
        "only conda has this package",
        "Environments are built from PyPI. R packages and programs such as ffmpeg are not there: "
        "install the program on this machine, or remove the line.",
    ),
    "PS3503": (
        "a dependency is not a conda package",
        "A dependency is a name with an optional version: numpy, numpy=1.21, numpy>=1.21,<2.",
    ),
    "PS3504": (
        "a line of the pip section is not a pip requirement",
        "The `pip` section is written as for pip: pandas==1.5.3, not pandas=1.5.3.",
    ),
    "PS3505": (
        "an environment names a file that is not sent with it",
        "A conda file goes to the service alone, so `-r requirements.txt` and `-e .` have nothing "
        "to read there. List the packages, or use `build:` with a folder.",
    ),
    # --- PS4xxx: tests of pipelines
    "PS4001": (
        "a key is not known in a test file",
        "A misspelt key would be an expectation that is never checked, so it is refused. "
        "docs/testing.md lists the keys.",
    ),
    "PS4002": (
        "a part of a test has the wrong shape",
        "The key takes something else: one value, a list, or names with values. The message says "
        "which.",
    ),
    "PS4003": (
        "a test has no name, or one that another has",
        "Results and snapshots are kept by the names of tests, so each has one of its own.",
    ),
    "PS4004": (
        "a word is not a result or a reason",
        "Results are those of the engine (succeeded, succeededWithIssues, failed, skipped, "
        "canceled), reasons those for which a run is queued (Manual, IndividualCI ...).",
    ),
    "PS4005": (
        "a path in a test leads to no stage, job or step",
        "Paths are those of `penstock plan`: Stage, Stage/Job, Stage/Job/step, with a leg or a "
        "hook between job and step where there is one. A part that an `if` left out is not there.",
    ),
    "PS4006": (
        "a test names a file that is not there",
        "Paths in a test file are seen from its own folder, and from the root of the project when "
        "they begin with a slash.",
    ),
    "PS4010": (
        "a simulated run ends otherwise than a test expects",
        "Nothing was run: the engine decided over the results that the test assumes. "
        "`penstock plan` with the options shown draws the whole run.",
    ),
    "PS4011": (
        "a part runs, is skipped or is left out otherwise than a test expects",
        "`penstock explain --stage` with the options shown tells which part of its condition "
        "decides it.",
    ),
    "PS4012": (
        "something is skipped for another reason than a test expects",
        "The result is as expected, and what leads to it is not.",
    ),
    "PS4013": (
        "other stages, jobs or steps run than a test expects",
        "The list under `stages`, `jobs` or `steps` is compared whole and in order; `runs` asks "
        "for some of them only.",
    ),
    "PS4014": (
        "a stage, job or step has another value than a test expects",
        "Values are the keys of the expanded YAML, with variables and macros at what they would "
        "be in the run.",
    ),
    "PS4015": (
        "an error that a test expects is not met",
        "The test expects the pipeline to be refused with the given inputs, and it is not, or for "
        "another reason.",
    ),
    "PS4016": (
        "an expansion differs from its snapshot",
        "Where the change is wanted, `penstock test --update-snapshots` writes the snapshot anew.",
    ),
    "PS4017": (
        "no test takes a branch",
        "A way through an `if` or `each` that no test takes can break without anybody seeing it.",
    ),
}
