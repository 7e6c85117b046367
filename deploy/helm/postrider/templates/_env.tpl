{{/* What every process is told. Takes a dict: root, role, migrate, drainSeconds. */}}
{{- define "postrider.env" -}}
{{- $values := .root.Values -}}
- { name: ROLE, value: {{ .role }} }
- { name: MIGRATE, value: {{ .migrate | quote }} }
- { name: SHUTDOWN_GRACE_S, value: {{ $values.shutdown.graceSeconds | quote }} }
- { name: DRAIN_S, value: {{ .drainSeconds | quote }} }
- { name: EGRESS_ALLOW, value: {{ join "," $values.egress.allow | quote }} }
- { name: EGRESS_DENY, value: {{ join "," $values.egress.deny | quote }} }
{{- range $name, $key := dict "DATABASE_URL" "databaseUrl" "SECRETS_KEY" "secretsKey" "OPERATOR_KEY" "operatorKey" }}
- name: {{ $name }}
  valueFrom: { secretKeyRef: { name: {{ $values.secret.name }}, key: {{ get $values.secret.keys $key }} } }
{{- end }}
{{- with $values.temporal }}
- { name: TEMPORAL_ADDRESS, value: {{ .address | quote }} }
- { name: TEMPORAL_NAMESPACE, value: {{ .namespace | quote }} }
{{- with .apiKey }}
{{- if .secretName }}
- name: TEMPORAL_API_KEY
  valueFrom: { secretKeyRef: { name: {{ .secretName }}, key: {{ .key }} } }
{{- end }}
{{- end }}
{{- with .tls }}
{{- if .enabled }}
- { name: TEMPORAL_TLS, value: 'true' }
{{- with .serverName }}
- { name: TEMPORAL_TLS_SERVER_NAME, value: {{ . | quote }} }
{{- end }}
{{- if .clientCertSecretName }}
- { name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /etc/postrider/temporal-client/tls.crt }
- { name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /etc/postrider/temporal-client/tls.key }
{{- end }}
{{- if .caSecretName }}
- { name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/postrider/temporal-ca/ca.crt }
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $name, $value := $values.settings }}
{{- /* Every number is a float for Helm, which would write a million as 1e+06. */}}
- { name: {{ $name }}, value: {{ ternary (int64 $value) $value (kindIs "float64" $value) | toString | quote }} }
{{- end }}
{{- with $values.extra.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "postrider.volumes" -}}
- name: tmp
  emptyDir: {}
{{- with .Values.temporal.tls }}
{{- if and .enabled .clientCertSecretName }}
- name: temporal-client
  secret: { secretName: {{ .clientCertSecretName }} }
{{- end }}
{{- if and .enabled .caSecretName }}
- name: temporal-ca
  secret: { secretName: {{ .caSecretName }} }
{{- end }}
{{- end }}
{{- with .Values.extra.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "postrider.volumeMounts" -}}
- { name: tmp, mountPath: /tmp }
{{- with .Values.temporal.tls }}
{{- if and .enabled .clientCertSecretName }}
- { name: temporal-client, mountPath: /etc/postrider/temporal-client, readOnly: true }
{{- end }}
{{- if and .enabled .caSecretName }}
- { name: temporal-ca, mountPath: /etc/postrider/temporal-ca, readOnly: true }
{{- end }}
{{- end }}
{{- with .Values.extra.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
