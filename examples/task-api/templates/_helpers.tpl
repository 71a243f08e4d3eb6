{{/* The name of everything: the release's own, as the lesson's commands expect (my-app-db-init, http://my-app:8000). */}}
{{- define "task-api.fullname" -}}
{{ .Values.fullnameOverride | default .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "task-api.selector" -}}
app.kubernetes.io/name: task-api
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "task-api.labels" -}}
{{ include "task-api.selector" . }}
app.kubernetes.io/version: {{ .Values.version | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "task-api.postgresHost" -}}
{{ .Values.postgres.host | default (printf "%s-postgres" (include "task-api.fullname" .)) }}
{{- end }}

{{- define "task-api.postgresSecret" -}}
{{ .Values.postgres.secretName | default (printf "%s-postgres" (include "task-api.fullname" .)) }}
{{- end }}

{{- define "task-api.redisHost" -}}
{{ .Values.redis.host | default (printf "%s-redis" (include "task-api.fullname" .)) }}
{{- end }}

{{- define "task-api.registry" -}}
http://{{ .Values.registry.host | default (printf "%s-registry" (include "task-api.fullname" .)) }}:{{ .Values.registry.port }}
{{- end }}

{{/* What psql, pg_dump and the application read to find the database. */}}
{{- define "task-api.postgresEnv" -}}
- name: PGHOST
  value: {{ include "task-api.postgresHost" . }}
- name: PGPORT
  value: {{ .Values.postgres.port | quote }}
- name: PGUSER
  value: {{ .Values.postgres.user }}
- name: PGDATABASE
  value: {{ .Values.postgres.database }}
- name: PGCONNECT_TIMEOUT
  value: "5"
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "task-api.postgresSecret" . }}
      key: password
{{- end }}

{{/* A hook is tried again once, stopped when it hangs, and never restarted in place: each try keeps its own Pod and log. */}}
{{- define "task-api.hookLimits" -}}
backoffLimit: 1
activeDeadlineSeconds: {{ .Values.hooks.deadline }}
{{- end }}

{{- define "task-api.podDefaults" -}}
restartPolicy: Never
automountServiceAccountToken: false
{{- end }}

{{- define "task-api.securityContext" -}}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
{{- end }}
