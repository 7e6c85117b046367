{{/* What the pods of the API, of the workers and of the migration have in common. Takes the root. */}}
{{- define "postrider.podCommon" -}}
automountServiceAccountToken: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
# Links to every Service of the namespace as environment variables: some have the names of our settings.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  # The user node of the image, which must be a number here. Its group reads the mounted certificates.
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
volumes: {{ include "postrider.volumes" . | nindent 2 }}
{{- end -}}

{{- define "postrider.containerCommon" -}}
image: {{ include "postrider.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts: {{ include "postrider.volumeMounts" . | nindent 2 }}
{{- end -}}

{{/* Takes a dict: root, component, role, drainSeconds. */}}
{{- define "postrider.deployment" -}}
{{- $values := get .root.Values .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "postrider.fullname" .root }}-{{ .component }}
  labels: {{ include "postrider.labels" . | nindent 4 }}
spec:
  {{- if not .isScaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  # A new pod is ready before an old one ends.
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector:
    matchLabels: {{ include "postrider.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{ include "postrider.labels" . | nindent 8 }}
      {{- with $values.podAnnotations }}
      annotations: {{ toYaml . | nindent 8 }}
      {{- end }}
    spec: {{ include "postrider.podCommon" .root | nindent 6 }}
      # SIGTERM begins with DRAIN_S, in which the API still listens and /readyz is 503: a preStop hook that sleeps is not needed.
      terminationGracePeriodSeconds: {{ include "postrider.terminationGracePeriodSeconds" .root }}
      containers:
        - name: {{ .component }}
          {{- include "postrider.containerCommon" .root | nindent 10 }}
          env: {{ include "postrider.env" (dict "root" .root "role" .component "migrate" (ternary "off" "auto" .root.Values.migration.enabled) "drainSeconds" .drainSeconds) | nindent 12 }}
          ports: [{ name: http, containerPort: 8080 }]
          # The start waits for its database and for Temporal: up to five minutes before the process counts as hanging.
          startupProbe: { httpGet: { path: /livez, port: http }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 }
          # Asks about the process alone: one that waits for its database must not be restarted for it.
          livenessProbe: { httpGet: { path: /livez, port: http }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
          readinessProbe: { httpGet: { path: /readyz, port: http }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 }
          resources: {{ toYaml $values.resources | nindent 12 }}
      {{- if .root.Values.topologySpread.enabled }}
      topologySpreadConstraints:
        {{- range .root.Values.topologySpread.topologyKeys }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{ include "postrider.selector" $ | nindent 14 }}
        {{- end }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector: {{ toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations: {{ toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity: {{ toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
