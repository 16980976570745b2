#include "kinds/pod_volume_schema.h"

#include <array>

#include "kinds/common_schema.h"
#include "kinds/pod_volume_driver_schema.h"

namespace signet::kinds {
namespace {

constexpr Field host_path_volume_source_fields[] = {
    text(1, "path").required(),
    text(2, "type").optional(),
};
constexpr Schema host_path_volume_source{"HostPathVolumeSource", host_path_volume_source_fields};

constexpr Field empty_dir_volume_source_fields[] = {
    text(1, "medium"),
    scalar(2, "sizeLimit", Type::quantity).optional(),
};
constexpr Schema empty_dir_volume_source{"EmptyDirVolumeSource", empty_dir_volume_source_fields};

constexpr Field key_to_path_fields[] = {
    text(1, "key").required(),
    text(2, "path").required(),
    int32(3, "mode").optional(),
};
constexpr Schema key_to_path{"KeyToPath", key_to_path_fields};

constexpr Field secret_volume_source_fields[] = {
    text(1, "secretName"),
    list(2, "items", key_to_path),
    int32(3, "defaultMode").optional(),
    boolean(4, "optional").optional(),
};
constexpr Schema secret_volume_source{"SecretVolumeSource", secret_volume_source_fields};

constexpr Field persistent_volume_claim_volume_source_fields[] = {
    text(1, "claimName").required(),
    boolean(2, "readOnly"),
};
constexpr Schema persistent_volume_claim_volume_source{
    "PersistentVolumeClaimVolumeSource", persistent_volume_claim_volume_source_fields};

constexpr Field object_field_selector_fields[] = {
    text(1, "apiVersion"),
    text(2, "fieldPath").required(),
};

constexpr Field resource_field_selector_fields[] = {
    text(1, "containerName"),
    text(2, "resource").required(),
    scalar(3, "divisor", Type::quantity),
};

constexpr Field downward_api_volume_file_fields[] = {
    text(1, "path").required(),
    message(2, "fieldRef", object_field_selector).optional(),
    message(3, "resourceFieldRef", resource_field_selector).optional(),
    int32(4, "mode").optional(),
};
constexpr Schema downward_api_volume_file{"DownwardAPIVolumeFile", downward_api_volume_file_fields};

constexpr Field downward_api_volume_source_fields[] = {
    list(1, "items", downward_api_volume_file),
    int32(2, "defaultMode").optional(),
};
constexpr Schema downward_api_volume_source{"DownwardAPIVolumeSource",
                                            downward_api_volume_source_fields};

constexpr auto config_map_volume_source_fields =
    joined(embedded_name(1), std::to_array<Field>({
                                 list(2, "items", key_to_path),
                                 int32(3, "defaultMode").optional(),
                                 boolean(4, "optional").optional(),
                             }));
constexpr Schema config_map_volume_source{"ConfigMapVolumeSource", config_map_volume_source_fields};

constexpr auto secret_projection_fields =
    joined(embedded_name(1), std::to_array<Field>({
                                 list(2, "items", key_to_path),
                                 boolean(4, "optional").optional(),
                             }));
constexpr Schema secret_projection{"SecretProjection", secret_projection_fields};

constexpr Field downward_api_projection_fields[] = {
    list(1, "items", downward_api_volume_file),
};
constexpr Schema downward_api_projection{"DownwardAPIProjection", downward_api_projection_fields};

constexpr auto config_map_projection_fields =
    joined(embedded_name(1), std::to_array<Field>({
                                 list(2, "items", key_to_path),
                                 boolean(4, "optional").optional(),
                             }));
constexpr Schema config_map_projection{"ConfigMapProjection", config_map_projection_fields};

constexpr Field service_account_token_projection_fields[] = {
    text(1, "audience"),
    int64(2, "expirationSeconds").optional(),
    text(3, "path").required(),
};
constexpr Schema service_account_token_projection{"ServiceAccountTokenProjection",
                                                  service_account_token_projection_fields};

constexpr Field cluster_trust_bundle_projection_fields[] = {
    text(1, "name").optional(),
    text(2, "signerName").optional(),
    message(3, "labelSelector", label_selector).optional(),
    boolean(5, "optional").optional(),
    text(4, "path").required(),
};
constexpr Schema cluster_trust_bundle_projection{"ClusterTrustBundleProjection",
                                                 cluster_trust_bundle_projection_fields};

constexpr Field pod_certificate_projection_fields[] = {
    text(1, "signerName"),
    text(2, "keyType"),
    int32(3, "maxExpirationSeconds").optional(),
    text(4, "credentialBundlePath"),
    text(5, "keyPath"),
    text(6, "certificateChainPath"),
};
constexpr Schema pod_certificate_projection{"PodCertificateProjection",
                                            pod_certificate_projection_fields};

constexpr Field volume_projection_fields[] = {
    message(1, "secret", secret_projection).optional(),
    message(2, "downwardAPI", downward_api_projection).optional(),
    message(3, "configMap", config_map_projection).optional(),
    message(4, "serviceAccountToken", service_account_token_projection).optional(),
    message(5, "clusterTrustBundle", cluster_trust_bundle_projection).optional(),
    message(6, "podCertificate", pod_certificate_projection).optional(),
};
constexpr Schema volume_projection{"VolumeProjection", volume_projection_fields};

constexpr Field projected_volume_source_fields[] = {
    list(1, "sources", volume_projection).required(),
    int32(2, "defaultMode").optional(),
};
constexpr Schema projected_volume_source{"ProjectedVolumeSource", projected_volume_source_fields};

constexpr Field volume_resource_requirements_fields[] = {
    map_of(1, "limits", Type::quantity),
    map_of(2, "requests", Type::quantity),
};
constexpr Schema volume_resource_requirements{"VolumeResourceRequirements",
                                              volume_resource_requirements_fields};

constexpr Field typed_local_object_reference_fields[] = {
    text(1, "apiGroup").optional(),
    text(2, "kind").required(),
    text(3, "name").required(),
};
constexpr Schema typed_local_object_reference{
    "TypedLocalObjectReference", typed_local_object_reference_fields, {}, true};

constexpr Field typed_object_reference_fields[] = {
    text(1, "apiGroup").optional(),
    text(2, "kind").required(),
    text(3, "name").required(),
    text(4, "namespace").optional(),
};
constexpr Schema typed_object_reference{"TypedObjectReference", typed_object_reference_fields};

constexpr Field persistent_volume_claim_spec_fields[] = {
    list_of(1, "accessModes", Type::text),
    message(4, "selector", label_selector).optional(),
    message(2, "resources", volume_resource_requirements),
    text(3, "volumeName"),
    text(5, "storageClassName").optional(),
    text(6, "volumeMode").optional(),
    message(7, "dataSource", typed_local_object_reference).optional(),
    message(8, "dataSourceRef", typed_object_reference).optional(),
    text(9, "volumeAttributesClassName").optional(),
};
constexpr Schema persistent_volume_claim_spec{"PersistentVolumeClaimSpec",
                                              persistent_volume_claim_spec_fields};

constexpr Field persistent_volume_claim_template_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", persistent_volume_claim_spec),
};
constexpr Schema persistent_volume_claim_template{"PersistentVolumeClaimTemplate",
                                                  persistent_volume_claim_template_fields};

constexpr Field ephemeral_volume_source_fields[] = {
    message(1, "volumeClaimTemplate", persistent_volume_claim_template).optional(),
};
constexpr Schema ephemeral_volume_source{"EphemeralVolumeSource", ephemeral_volume_source_fields};

constexpr Field image_volume_source_fields[] = {
    text(1, "reference"),
    text(2, "pullPolicy"),
};
constexpr Schema image_volume_source{"ImageVolumeSource", image_volume_source_fields};

constexpr Field volume_source_fields[] = {
    message(1, "hostPath", host_path_volume_source).optional(),
    message(2, "emptyDir", empty_dir_volume_source).optional(),
    message(3, "gcePersistentDisk", gce_persistent_disk_volume_source).optional(),
    message(4, "awsElasticBlockStore", aws_elastic_block_store_volume_source).optional(),
    message(5, "gitRepo", git_repo_volume_source).optional(),
    message(6, "secret", secret_volume_source).optional(),
    message(7, "nfs", nfs_volume_source).optional(),
    message(8, "iscsi", iscsi_volume_source).optional(),
    message(9, "glusterfs", glusterfs_volume_source).optional(),
    message(10, "persistentVolumeClaim", persistent_volume_claim_volume_source).optional(),
    message(11, "rbd", rbd_volume_source).optional(),
    message(12, "flexVolume", flex_volume_source).optional(),
    message(13, "cinder", cinder_volume_source).optional(),
    message(14, "cephfs", ceph_fs_volume_source).optional(),
    message(15, "flocker", flocker_volume_source).optional(),
    message(16, "downwardAPI", downward_api_volume_source).optional(),
    message(17, "fc", fc_volume_source).optional(),
    message(18, "azureFile", azure_file_volume_source).optional(),
    message(19, "configMap", config_map_volume_source).optional(),
    message(20, "vsphereVolume", vsphere_virtual_disk_volume_source).optional(),
    message(21, "quobyte", quobyte_volume_source).optional(),
    message(22, "azureDisk", azure_disk_volume_source).optional(),
    message(23, "photonPersistentDisk", photon_persistent_disk_volume_source).optional(),
    message(26, "projected", projected_volume_source).optional(),
    message(24, "portworxVolume", portworx_volume_source).optional(),
    message(25, "scaleIO", scale_io_volume_source).optional(),
    message(27, "storageos", storage_os_volume_source).optional(),
    message(28, "csi", csi_volume_source).optional(),
    message(29, "ephemeral", ephemeral_volume_source).optional(),
    message(30, "image", image_volume_source).optional(),
};
constexpr Schema volume_source{"VolumeSource", volume_source_fields};

constexpr auto volume_fields = joined(std::to_array<Field>({
                                          text(1, "name").required(),
                                      }),
                                      embedded(2, volume_source, volume_source_fields));

}  // namespace

constinit const Schema object_field_selector{
    "ObjectFieldSelector", object_field_selector_fields, {}, true};
constinit const Schema resource_field_selector{
    "ResourceFieldSelector", resource_field_selector_fields, {}, true};
constinit const Schema volume{"Volume", volume_fields};

}  // namespace signet::kinds
